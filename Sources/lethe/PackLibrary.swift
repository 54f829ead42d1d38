import Compliance
import Events
import Foundation

/// The control packs that a command can judge by: a folder with one folder for each.
struct PackLibrary {
    let path: String

    /// The folder that was named; else the first that exists of `$LETHE_PACKS`, `policies` beside the program,
    /// `../share/lethe/policies` from there (where `make install` puts them), and `policies` in the checkout that the
    /// program was built in. The current directory is never looked at: packs come from where the program came from.
    init(named: String?) throws {
        if let named {
            path = named
            return
        }
        let candidates = Self.candidates
        guard let found = candidates.first(where: Self.isFolder) else {
            throw Answer.unknown(
                "there are no control packs at \(candidates.joined(separator: ", "))",
                hint: "name the folder with --packs, e.g. the folder policies of the source code")
        }
        path = found
    }

    private static var candidates: [String] {
        let program =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        let folder = URL(fileURLWithPath: program).deletingLastPathComponent()
        let beside = [
            folder.appendingPathComponent("policies").path,
            folder.deletingLastPathComponent().appendingPathComponent("share/lethe/policies").path,
        ]
        return [ProcessInfo.processInfo.environment["LETHE_PACKS"], beside[0], beside[1], checkout(above: folder)]
            .compactMap { $0 }
    }

    /// The packs of the source tree that `folder` is a build folder of.
    private static func checkout(above folder: URL) -> String? {
        var place = folder
        while place.path != "/" {
            place.deleteLastPathComponent()
            let isCheckout = FileManager.default.fileExists(atPath: place.appendingPathComponent("Package.swift").path)
            if isCheckout { return place.appendingPathComponent("policies").path }
        }
        return nil
    }

    private static func isFolder(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    /// Every pack, by name. One that cannot be used is an error: no control may be lost silently.
    func packs() throws -> [Pack] {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
            .filter { !$0.hasPrefix(".") && Self.isFolder("\(path)/\($0)") }
        guard !names.isEmpty else {
            throw Answer.unknown("\(path) holds no control pack", hint: "a pack is a folder with a pack.yaml in it")
        }
        return try names.map { name in
            do throws(PackError) {
                return try Pack(folder: "\(path)/\(name)")
            } catch {
                throw Answer.unknown(
                    "the pack \(path)/\(name) cannot be used: \(error)",
                    hint: "schemas/policy-packs.md says what a pack is")
            }
        }
    }
}
