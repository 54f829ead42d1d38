/// How near words are that people type.
public enum Mistyping {
    /// Those of `names` that `word` may have been typed for and that differ least from it.
    public static func nearest(_ word: String, _ names: [String]) -> [String] {
        let distances = names.filter { isNear(word, $0) }.map { ($0, distance(word, $0)) }
        guard let least = distances.map(\.1).min() else { return [] }
        return distances.filter { $0.1 == least }.map(\.0)
    }

    /// Whether one may have been typed for the other: up to a third of the letters are wrong, or one begins the other.
    private static func isNear(_ word: String, _ name: String) -> Bool {
        if word.count >= 3, name.hasPrefix(word) || word.hasPrefix(name) { return true }
        return distance(word, name) <= max(1, min(word.count, name.count) / 3)
    }

    /// How many letters have to be put in, left out, changed, or swapped with the next one.
    private static func distance(_ left: String, _ right: String) -> Int {
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
