internal import Events
internal import Glibc
internal import Verifying

/// `lethe verify` alone: no ledger, no database, no network. The same words, the same exit codes.
@main
enum LetheVerify {
    static let usage = """
        OVERVIEW: Judge a certificate bundle, a disclosure or a .tlog-proof offline, with a trust policy and nothing else.

        Exit 0: it holds. Exit 1: it does not. Exit 2: it could not be judged. Exit 64: wrong usage.

        USAGE: lethe-verify <file> --trust <policy> [--later <file>] [--max-age <duration>] [--json]

        ARGUMENTS:
          <file>                  A certificate bundle, a disclosure or a .tlog-proof.

        OPTIONS:
          --trust <policy>        The trust policy (C2SP tlog-policy).
          --later <file>          A later chain file or bundle of the same chain: whether anything came back since.
          --max-age <duration>    How old the newest cosigned checkpoint may be: 90s, 15m, 12h, 30d or 4w.
          --json                  Answer in JSON.
          --version               Show the version.
          -h, --help              Show help information.

        """

    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.contains(where: { $0 == "-h" || $0 == "--help" }) { return print(usage, terminator: "") }
        if arguments.contains("--version") { return print("lethe-verify 0.1.0") }
        do throws(VerifyRefusal) {
            let options = try Options(arguments)
            do throws(VerifyRefusal) {
                let verified = try options.request.verify()
                options.json
                    ? print(String(decoding: verified.json, as: UTF8.self)) : verified.lines.forEach { print($0) }
            } catch {
                if options.json, error.code == 1 { print(String(decoding: error.json, as: UTF8.self)) }
                throw error
            }
        } catch {
            let lines = "lethe: error: \(error.message)\nlethe: hint: \(error.hint)\n"
            _ = Array(lines.utf8).withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
            exit(error.code)
        }
    }
}

/// The command line, taken apart.
private struct Options {
    var request: VerifyRequest
    var json = false

    init(_ arguments: [String]) throws(VerifyRefusal) {
        var files: [String] = []
        var values: [String: String] = [:]
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--json": json = true
            case "--trust", "--later", "--max-age":
                guard let value = rest.popFirst() else { throw Self.wrong("\(argument) needs a value") }
                guard values.updateValue(value, forKey: argument) == nil else {
                    throw Self.wrong("\(argument) is given twice")
                }
            case "--adapters", "--base", "--embedded", "--data", "--subject", "--record", "--threads", "--ca",
                "--report":
                throw VerifyRefusal(
                    64,
                    "\(argument) needs what this program is made without: training, merging, authorities, pages",
                    hint: "lethe verify is the same and more: lethe verify BUNDLE --trust POLICY \(argument) …")
            case let name where name.hasPrefix("-") && name != "-": throw Self.unknown(name)
            default: files.append(argument)
            }
        }
        guard files.count == 1 else { throw Self.wrong("\(files.count) files are given; one is to be judged") }
        guard let policy = values["--trust"] else { throw Self.wrong("--trust is missing") }
        let age = values["--max-age"].map(Duration.init)
        if let text = values["--max-age"], age == .some(.none) {
            throw VerifyRefusal(64, "\"\(text)\" is not a duration", hint: Duration.hint)
        }
        request = VerifyRequest(
            file: files[0], policyFile: policy, laterFile: values["--later"], maximumAge: age ?? nil,
            now: try Self.now(), cores: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }

    private static func unknown(_ name: String) -> VerifyRefusal {
        let meant = Mistyping.nearest(name, ["--json", "--trust", "--later", "--max-age", "--help", "--version"])
        let help = wrong("there is no option \(name)")
        return meant.isEmpty
            ? help
            : VerifyRefusal(64, help.message, hint: "did you mean \(meant.joined(separator: ", or "))? \(help.hint)")
    }

    private static func wrong(_ message: String) -> VerifyRefusal {
        VerifyRefusal(64, message, hint: "lethe-verify --help says what it takes")
    }

    /// The clock, or what `LETHE_NOW` says.
    private static func now() throws(VerifyRefusal) -> Timestamp {
        guard let pointer = getenv("LETHE_NOW") else { return Timestamp(seconds: time(nil))! }
        let text = String(cString: pointer)
        guard let now = Timestamp(text) else {
            throw VerifyRefusal(
                64, "\"\(text)\" in LETHE_NOW is not a time", hint: "give \(Timestamp.form)")
        }
        return now
    }
}
