import ArgumentParser
import Verifying

/// A command that was typed and does not exist, and what may have been meant.
struct UnknownCommand {
    /// As it was typed, with what came before it.
    let typed: String
    let hint: String

    /// `nil` where `arguments` begin with the names of commands that exist.
    init?(in arguments: [String]) {
        var path: [String] = []
        let root = CommandTree(Lethe.self)
        var here = root
        for argument in arguments {
            guard !argument.hasPrefix("-"), !here.children.isEmpty, argument != "help" else { return nil }
            guard let child = here.child(argument) else {
                typed = (path + [argument]).joined(separator: " ")
                hint = Self.hint(argument, under: path, here, root)
                return
            }
            path.append(argument)
            here = child
        }
        return nil
    }

    private static func hint(
        _ word: String, under path: [String], _ parent: CommandTree, _ root: CommandTree
    ) -> String {
        let parentName = (["lethe"] + path).joined(separator: " ")
        var meant = Mistyping.nearest(word, parent.children.map(\.name)).map { "\(parentName) \($0)" }
        if meant.isEmpty {
            let everywhere = root.everything
            let names = Mistyping.nearest(word, Set(everywhere.compactMap(\.last)).sorted())
            let paths = everywhere.filter { names.contains($0.last ?? "") }
            // Who asks to see something of a kind is shown all of the kind.
            let isShowing = path == ["show"]
            meant = paths.map { found in
                let listing = isShowing && everywhere.contains(found + ["list"]) ? ["list"] : []
                return (["lethe"] + found + listing).joined(separator: " ")
            }
        }
        let list = "\(parentName) --help lists its commands"
        return meant.isEmpty ? list : "did you mean \(meant.prefix(3).joined(separator: ", or "))? \(list)"
    }
}

/// A command by its name, with those below it: what the parser's types say, as a value.
struct CommandTree {
    let type: any ParsableCommand.Type
    var name: String
    var aliases: [String]
    var children: [CommandTree]

    init(_ type: any ParsableCommand.Type) {
        let configuration = type.configuration
        self.type = type
        name = type._commandName
        aliases = configuration.aliases
        children = configuration.subcommands.map { CommandTree($0) }
    }

    /// The command right below this one that `word` names.
    func child(_ word: String) -> CommandTree? { children.first { $0.name == word || $0.aliases.contains(word) } }

    /// The paths of all commands below this one.
    var everything: [[String]] {
        children.flatMap { child in [[child.name]] + child.everything.map { [child.name] + $0 } }
    }
}
