internal import Events

extension DERValue {
    /// A UTCTime (RFC 5280 §4.1.2.5.1: 1950 to 2049) or GeneralizedTime, in whole seconds; fractions are cut.
    ///
    /// Times before 1970 count as the first second of it: what they bound began long ago.
    var time: Timestamp? {
        let isShort = tag == DERTag.utcTime
        guard isShort || tag == DERTag.generalizedTime, content.last == UInt8(ascii: "Z") else { return nil }
        var text = String(decoding: content.dropLast(), as: UTF8.self)
        if !isShort, let dot = text.firstIndex(of: ".") {
            let fraction = text[dot...].dropFirst()
            guard !fraction.isEmpty, fraction.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            text = String(text[..<dot])
        }
        guard text.utf8.count == (isShort ? 12 : 14), text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        if isShort { text = (text < "50" ? "20" : "19") + text }
        let digits = Array(text)
        func part(_ range: Range<Int>) -> String { String(digits[range]) }
        let year = part(0..<4)
        if year < "1970" { return Timestamp(seconds: 0) }
        return Timestamp(
            "\(year)-\(part(4..<6))-\(part(6..<8))T\(part(8..<10)):\(part(10..<12)):\(part(12..<14))Z")
    }
}
