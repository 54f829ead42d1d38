import ArgumentParser
import Foundation
import Verifying

/// An option that was typed and that its command does not have, and what may have been meant.
///
/// The parser says this of most commands by itself; where something that is required is missing too, which it is once its name
/// has a letter too few, it names only that.
struct UnknownOption {
    /// As it was typed, without a value.
    let typed: String
    let hint: String

    /// `nil` where every option in `arguments` is one of the command that they begin with.
    init?(in arguments: [String]) {
        let command = CommandTree(Lethe.self).command(in: arguments)
        let given = arguments.dropFirst(command.path.count).prefix { $0 != "--" }
        let names = command.options
        let unknown = given.lazy.filter { $0.hasPrefix("--") && $0.count > 2 }
            .map { String($0.prefix { $0 != "=" }) }.first { !names.contains($0) }
        guard let unknown else { return nil }
        typed = unknown
        let meant = Mistyping.nearest(unknown, names)
        let list = command.help
        hint = meant.isEmpty ? list : "did you mean \(meant.prefix(3).joined(separator: ", or "))? \(list)"
    }
}

extension CommandTree {
    /// The command that `arguments` begin with, and the words that name it.
    func command(in arguments: [String]) -> TypedCommand {
        var found = self
        var path: [String] = []
        for argument in arguments {
            guard let child = found.child(argument) else { break }
            path.append(argument)
            found = child
        }
        return TypedCommand(path: path, type: found.type)
    }
}

/// A command as it was typed.
struct TypedCommand {
    let path: [String]
    let type: any ParsableCommand.Type

    /// What to type to read about it.
    var help: String { "\((["lethe"] + path).joined(separator: " ")) --help says what it takes" }

    /// The long names of its options and flags, with their dashes.
    var options: [String] {
        struct Tool: Decodable {
            struct Command: Decodable { var arguments: [Argument]? }
            struct Argument: Decodable { var names: [Name]? }
            struct Name: Decodable {
                var kind: String
                var name: String
            }
            var command: Command
        }
        let text = type._dumpHelp()
        let tool = try? JSONDecoder().decode(Tool.self, from: Data(text.utf8))
        let names = (tool?.command.arguments ?? []).flatMap { $0.names ?? [] }.filter { $0.kind == "long" }
        return names.map { "--\($0.name)" } + ["--help", "--version"]
    }
}
