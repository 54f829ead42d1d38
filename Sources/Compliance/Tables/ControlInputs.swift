public import Bytes
public import Events

/// A checkpoint that somebody showed, with the cosignatures that verified.
public struct ControlCheckpoint: Hashable, Sendable {
    public struct Cosignature: Hashable, Sendable {
        public var witness: MemberName
        public var time: Timestamp

        public init(witness: MemberName, time: Timestamp) { (self.witness, self.time) = (witness, time) }
    }

    public var chain: Origin
    public var size: Int
    public var root: ArtifactDigest
    /// Who showed it, e.g. `ledger`, or a member's name.
    public var source: String
    /// Whether the chain that is looked at has this root at this size; `nil` where nobody compared.
    public var extendsChain: Bool?
    public var cosignatures: [Cosignature]

    public init(
        chain: Origin, size: Int, root: ArtifactDigest, source: String, extendsChain: Bool?,
        cosignatures: [Cosignature]
    ) {
        (self.chain, self.size, self.root, self.source) = (chain, size, root, source)
        (self.extendsChain, self.cosignatures) = (extendsChain, cosignatures)
    }

    /// Each witness once, with its earliest time.
    var witnessTimes: [Timestamp] {
        Dictionary(cosignatures.map { ($0.witness, $0.time) }, uniquingKeysWith: min).values.sorted()
    }

    /// By when `quorum` different witnesses had cosigned it.
    func proven(quorum: Int) -> Timestamp? {
        let times = witnessTimes
        return quorum > 0 && times.count >= quorum ? times[quorum - 1] : nil
    }
}

/// An entry that verification refused.
public struct RefusedEntry: Hashable, Sendable {
    public var chain: Origin
    public var index: Int
    public var event: EventHash?
    public var reason: String

    public init(chain: Origin, index: Int, event: EventHash?, reason: String) {
        (self.chain, self.index, self.event, self.reason) = (chain, index, event, reason)
    }
}

/// What a control database holds besides events and views.
public struct ControlInputs: Sendable {
    public var checkpoints: [ControlCheckpoint]
    /// How many different witnesses make a checkpoint's time proven, at least one.
    public var quorum: Int
    public var refusals: [RefusedEntry]
    public var waivers: [Waiver]
    /// What came of the packs' own fixtures; control LED-10 reads it.
    public var selfTests: [SelfTestResult]
    /// The calendar by which deadlines end.
    public var calendar: LegalCalendar

    public init(
        checkpoints: [ControlCheckpoint] = [], quorum: Int = 1, refusals: [RefusedEntry] = [],
        waivers: [Waiver] = [], selfTests: [SelfTestResult] = [], calendar: LegalCalendar
    ) {
        (self.checkpoints, self.quorum, self.refusals) = (checkpoints, quorum, refusals)
        (self.waivers, self.selfTests, self.calendar) = (waivers, selfTests, calendar)
    }
}

/// The known times of one chain's positions: what is proven of each event's place in time.
struct RecordedBrackets {
    /// Sizes of known checkpoints, ascending, and what is proven at each: the latest time at or before it,
    /// the earliest at or after it.
    private var sizes: [Int] = []
    private var latest: [Timestamp?] = []
    private var earliest: [Timestamp?] = []

    init(_ checkpoints: [ControlCheckpoint], quorum: Int) {
        let sorted = checkpoints.sorted { $0.size < $1.size }
        let times = sorted.map { $0.proven(quorum: quorum) }
        sizes = sorted.map(\.size)
        var last: Timestamp?
        latest = times.map { time in
            last = [last, time].compactMap { $0 }.max()
            return last
        }
        var first: Timestamp?
        earliest = times.reversed().map { time in
            first = [first, time].compactMap { $0 }.min()
            return first
        }.reversed()
    }

    /// The smallest checkpoint that covers the leaf at `index`, and the bracket of the leaf's time.
    func bracket(of index: Int) -> (coveredSize: Int?, after: Timestamp?, before: Timestamp?) {
        var low = 0, high = sizes.count
        while low < high {
            let middle = (low + high) / 2
            if sizes[middle] > index { high = middle } else { low = middle + 1 }
        }
        return (
            low < sizes.count ? sizes[low] : nil, low > 0 ? latest[low - 1] : nil,
            low < sizes.count ? earliest[low] : nil
        )
    }
}
