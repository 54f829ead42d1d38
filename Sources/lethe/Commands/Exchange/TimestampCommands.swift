import ArgumentParser
import Bytes
import Events
import Foundation
import LetheEngine
import MerkleLog
import Signing
import Timestamps

struct TimestampCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "timestamp",
        abstract: "RFC 3161 timestamps: an authority outside says since when a checkpoint exists.",
        discussion: """
            lethe timestamp request writes a request; send it to a time-stamping authority by any means; lethe timestamp \
            add checks its reply and keeps it. This program itself never goes to the network.
            """,
        subcommands: [Request.self, Add.self, Show.self, Export.self, Verify.self])

    struct Request: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a request for a timestamp on the newest checkpoint.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The chain's origin (default: the public chain).") var origin: String?
        @Option(name: .shortAndLong, help: "The request to write (TimeStampReq, DER).") var output: String
        @Option(help: "Also write the bytes that it is about, as openssl ts -verify -data wants them.")
        var data: String?

        func run() async throws {
            let (request, checkpoint) = try await options.reading { ledger in
                try await ledger.timestampRequest(for: parsedOrigin(origin, ledger))
            }
            try writeFile(request.bytes, to: output)
            if let data { try writeFile(Array(checkpoint.text.utf8), to: data) }
            printFile(
                output,
                ["imprint": request.imprint.hex, "origin": checkpoint.origin, "size": "\(checkpoint.size)"],
                "request for checkpoint \(checkpoint.size) of \(checkpoint.origin)", json: options.json)
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check an authority's reply, and keep it beside the checkpoint that it is about.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The reply (TimeStampResp, DER), or the token alone.") var reply: String
        @Option(help: "The certificates that are trusted (PEM).") var ca: String
        @Option(help: "The request, to compare its nonce.") var request: String?
        @Option(help: "The chain's origin (default: the public chain).") var origin: String?

        func run() async throws {
            let token = try readToken(reply)
            let request = try request.map(readRequest)
            let trusted = try readCertificates(ca)
            let (checkpoint, verified) = try await options.writing { ledger in
                try await ledger.addTimestamp(
                    token, request: request, for: parsedOrigin(origin, ledger), trusting: trusted)
            }
            if options.json { return printJSON(TimestampAnswer(verified, checkpoint)) }
            printVerified(verified, checkpoint)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The timestamps that are kept here.")
        @OptionGroup var options: LedgerOptions

        func run() async throws {
            let rows = try await options.reading { try await $0.timestamps() }
            if options.json { return printJSON(rows) }
            var table = TextTable(["chain", "checkpoint", "existed at", "by the word of", "policy", "serial"])
            for row in rows {
                table.add([
                    row.origin, "\(row.size)", row.time.text, printable(row.authority), row.policy,
                    short(row.serial),
                ])
            }
            print(
                table.isEmpty
                    ? "no timestamps; lethe timestamp request --output FILE writes a request" : table.text)
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a kept timestamp and what it is about, for others to check.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The size of the checkpoint.") var size: Int
        @Option(help: "The chain's origin (default: the public chain).") var origin: String?
        @Option(name: .shortAndLong, help: "The token to write (DER).") var output: String
        @Option(help: "Also write the bytes that it is about.") var data: String?

        func run() async throws {
            let found = try await options.reading { ledger in
                let origin = try await parsedOrigin(origin, ledger)
                return try await ledger.keptTimestamps().last {
                    $0.checkpoint.origin == origin.text && $0.checkpoint.size.rawValue == size
                }
            }
            guard let found else {
                throw Answer.unknown(
                    "there is no timestamp of a checkpoint of \(size) here",
                    hint: "lethe timestamp show lists them")
            }
            try writeFile(found.token.bytes, to: output)
            if let data { try writeFile(Array(found.checkpoint.text.utf8), to: data) }
            printFile(
                output, ["size": "\(size)", "time": found.token.time.text],
                "checkpoint \(size) at \(found.token.time); openssl ts -verify -token_in -in \(output) -data DATA -CAfile CA",
                json: options.json)
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a timestamp of a checkpoint offline, without a ledger.")
        @Argument(help: "The token or the reply (DER).") var token: String
        @Option(help: "The checkpoint: a signed note, or its text alone.") var checkpoint: String
        @Option(help: "The certificates that are trusted (PEM).") var ca: String
        @Option(help: "The request, to compare its nonce.") var request: String?
        @Flag(name: .long, help: "Answer in JSON.") var json = false

        func run() async throws {
            let token = try readToken(token)
            let bytes = try readFile(checkpoint)
            let text = (try? Note(parsing: bytes).text) ?? String(decoding: bytes, as: UTF8.self)
            guard let parsed = try? Checkpoint(parsing: text) else {
                throw Answer.unknown(
                    "\(checkpoint) is not a checkpoint", hint: "lethe chain checkpoint prints one")
            }
            let nonce = try request.map { try readRequest($0).nonce }
            do throws(TimestampFailure) {
                let verified = try token.verify(
                    imprint: timestampImprint(of: parsed), nonce: nonce, trusting: try certificates())
                if json { return printJSON(TimestampAnswer(verified, parsed)) }
                printVerified(verified, parsed)
            } catch {
                if error.isUndecided {
                    throw Answer.unknown("\(self.token): \(error)", hint: "openssl ts -verify may know more")
                }
                throw Answer.no("\(self.token) does not hold: \(error)", hint: "do not rely on it")
            }
        }

        private func certificates() throws(TimestampFailure) -> [Certificate] {
            do {
                return try readCertificates(ca)
            } catch {
                throw .unsupported("\((error as? Answer)?.message ?? "\(error)")")
            }
        }
    }
}

private struct TimestampAnswer: Encodable {
    var answersRequest: Bool
    var authority: String
    var holds = true
    var origin: String
    var path: [String]
    var size: Int
    var time: Timestamp

    init(_ verified: VerifiedTimestamp, _ checkpoint: Checkpoint) {
        (answersRequest, authority, path) = (verified.answersRequest, verified.authority, verified.path)
        (origin, size, time) = (checkpoint.origin, checkpoint.size.rawValue, verified.time)
    }
}

private func printVerified(_ verified: VerifiedTimestamp, _ checkpoint: Checkpoint) {
    print(
        "proved   \(printable(verified.authority)) signed the hash of checkpoint \(checkpoint.size) of \(checkpoint.origin)"
    )
    print(
        "proved   its certificate leads to a trusted one: \(verified.path.map(printable).joined(separator: " < "))"
    )
    if verified.answersRequest { print("proved   it answers the request") }
    print("attested the checkpoint existed at \(verified.time)")
    print(
        "not claimed: that no certificate was revoked"
            + (verified.answersRequest ? "" : ", and that the reply is to our request"))
}

private func parsedOrigin(_ text: String?, _ ledger: Ledger) async throws -> Origin {
    if let text { return try parsed(text, "origin") }
    return try await ledger.publicOrigin
}

private func readToken(_ path: String) throws -> TimestampToken {
    let bytes = try readFile(path, limit: TimestampReply.maximumBytes)
    let reply: TimestampReply
    do throws(DERFault) {
        reply = try TimestampReply(parsing: bytes)
    } catch {
        throw Answer.unknown(
            "\(path) is not a timestamp reply: \(error)",
            hint: "it is the authority's answer in DER, not in PEM or text")
    }
    switch reply {
    case .granted(let token): return token
    case .refused(let status, let words):
        throw Answer.no(
            "the authority refused with status \(status)\(words.isEmpty ? "" : ": \(printable(words))")",
            hint: "send the request again, or to another authority")
    }
}

private func readRequest(_ path: String) throws -> TimestampRequest {
    let bytes = try readFile(path)
    do throws(DERFault) {
        return try TimestampRequest(parsing: bytes)
    } catch {
        throw Answer.unknown(
            "\(path) is not a request of ours: \(error)", hint: "lethe timestamp request writes one")
    }
}

func readCertificates(_ path: String) throws -> [Certificate] {
    let text = String(decoding: try readFile(path), as: UTF8.self)
    do throws(DERFault) {
        let found = try Certificate.all(pem: text)
        guard !found.isEmpty else { throw DERFault.value("no certificate", offset: 0) }
        return found
    } catch {
        throw Answer.unknown(
            "\(path) holds no certificates that can be read: \(error)",
            hint: "give PEM: -----BEGIN CERTIFICATE-----")
    }
}
