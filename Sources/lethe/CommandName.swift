import ArgumentParser

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
            guard let child = here.children.first(where: { $0.name == argument || $0.aliases.contains(argument) })
            else {
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
        let siblings = parent.children.map(\.name).filter { isNear(word, $0) }
        var meant = nearest(word, siblings).map { "\(parentName) \($0)" }
        if meant.isEmpty {
            let everywhere = root.everything
            let names = nearest(word, Set(everywhere.compactMap(\.last).filter { isNear(word, $0) }).sorted())
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

    /// Those of `names` that differ least from `word`.
    private static func nearest(_ word: String, _ names: [String]) -> [String] {
        let distances = names.map { ($0, distance(word, $0)) }
        guard let least = distances.map(\.1).min() else { return [] }
        return distances.filter { $0.1 == least }.map(\.0)
    }

    /// Whether one may have been typed for the other: up to a third of the letters are wrong, or one begins the other.
    private static func isNear(_ word: String, _ name: String) -> Bool {
        if word.count >= 3, name.hasPrefix(word) || word.hasPrefix(name) { return true }
        return distance(word, name) <= max(1, min(word.count, name.count) / 3)
    }

    /// How many letters have to be put in, left out, changed, or swapped with the next one.
    static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left), Array(right))
        var rows = [Array(0...right.count)]
        for (row, letter) in left.enumerated() {
            var next = [row + 1]
            for (column, other) in right.enumerated() {
                var least = min(
                    rows[row][column + 1] + 1, next[column] + 1, rows[row][column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    least = min(least, rows[row - 1][column - 1] + 1)
                }
                next.append(least)
            }
            rows.append(next)
        }
        return rows[left.count][right.count]
    }
}

/// A command by its name, with those below it: what the parser's types say, as a value.
private struct CommandTree {
    var name: String
    var aliases: [String]
    var children: [CommandTree]

    init(_ type: any ParsableCommand.Type) {
        let configuration = type.configuration
        name = type._commandName
        aliases = configuration.aliases
        children = configuration.subcommands.map { CommandTree($0) }
    }

    /// The paths of all commands below this one.
    var everything: [[String]] {
        children.flatMap { child in [[child.name]] + child.everything.map { [child.name] + $0 } }
    }
}
