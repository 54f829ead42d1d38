import Bytes
import ChainViews
import Events
import Proofs
import Testing

@testable import Reports

/// The picture of a lineage: that it shows what the chain says, and that nothing lies on anything else.
@Suite struct LineageTests {
    private static func layout(_ sample: Sample) throws -> (layout: LineageLayout, report: DeletionReport) {
        let report = try sample.report()
        let plan = report.content.certificate.plan
        return (LineageLayout(report.content.lineage, plan: plan, affected: report.affected), report)
    }

    @Test func showsWhatWasExcludedAndWhatReplacesWhat() throws {
        let (layout, report) = try Self.layout(.isolated)
        // Six airlines in three rounds, of which one sat out once: 17 contributions, three of them
        // excluded.
        #expect(layout.nodes.count { $0.kind == .kept } == 14)
        #expect(layout.nodes.count { $0.kind == .excluded } == 3)
        #expect(layout.models.map(\.kind) == [.replaced, .new, .replaced, .new, .replaced, .new])
        // Before, every contribution was merged; now all but the excluded ones.
        #expect(layout.dots.count(where: \.isOld) == 17)
        #expect(layout.dots.count { !$0.isOld } == 14)
        #expect(report.content.lineage.models.count { $0.state == .replaced } == 3)
    }

    @Test func showsWhatCouldNotBeRebuilt() throws {
        let (layout, _) = try Self.layout(.feedback)
        #expect(layout.nodes.count { $0.kind == .affected } == 10)
        #expect(layout.nodes.count { $0.kind == .excluded } == 2)
        #expect(layout.models.map(\.kind) == [.replaced, .new, .recalled, .recalled])
        #expect(layout.vacancies.map(\.text) == ["none", "none"])
        // Nothing that is served now takes in an affected contribution.
        #expect(layout.dots.count { !$0.isOld } == 5)
    }

    @Test func leavesAnEarlierDeletionOutOfTheLater() throws {
        var history = try Sample.isolated.history()
        try history.delete("virgin", id: "del-77aa01", isAttested: false)
        let (verdict, bundle) = try history.verdict("del-77aa01", signers: [])
        let report = DeletionReport(
            verdict: verdict, bundleDigest: .sha256(bundle), command: Sample.command)
        let layout = LineageLayout(
            report.content.lineage, plan: verdict.content.plan, affected: report.affected)
        #expect(layout.nodes.count { $0.kind == .excluded } == 2)
        #expect(layout.nodes.count { $0.kind == .excludedEarlier } == 3)
        // Virgin sat out round 2, so that round's model stays.
        #expect(layout.models.map(\.kind) == [.replaced, .new, .unchanged, .replaced, .new])
        let old = layout.models[0].title
        #expect(old.contains(verdict.content.models[0].oldModel.hex))
    }

    @Test(arguments: Sample.allCases) func putsNothingOnAnythingElse(_ sample: Sample) throws {
        let (layout, _) = try Self.layout(sample)
        let boxes = layout.nodes.map(\.box) + layout.models.map(\.box)
        let canvas = Box(x: 0, y: 0, width: layout.width, height: layout.height)
        for (index, box) in boxes.enumerated() {
            #expect(box.x >= 0 && box.y >= 0 && box.right <= canvas.right && box.bottom <= canvas.bottom)
            for other in boxes[..<index] { #expect(!box.intersects(other)) }
        }
        var texts = Self.texts(layout)
        while let (text, box) = texts.popLast() {
            #expect(box.x >= 0 && box.right <= layout.width, "\(text) leaves the picture")
            for (other, place) in texts { #expect(!box.intersects(place), "\(text) on \(other)") }
            for node in boxes where layout.rowLabels.contains(where: { $0.text == text }) {
                #expect(!box.intersects(node), "\(text) on a box")
            }
        }
    }

    /// The rooms of all labels, by the widest font.
    private static func texts(_ layout: LineageLayout) -> [(String, Box)] {
        func room(_ text: String, _ at: Point, size: Double) -> (String, Box) {
            let width = TextWidth.of(text, size: size, perCharacter: 0.69)
            return (text, Box(x: at.x, y: at.y - Int(size), width: width, height: Int(size)))
        }
        let heading = layout.metrics.isDense ? 11.0 : 12.0
        return layout.columnLabels.map { room($0.text, $0.at, size: heading) }
            + layout.rowLabels.map {
                room($0.text + ($0.note == nil || !layout.metrics.isDense ? "" : " ✕"), $0.at, size: 12)
            }
            + layout.legend.map {
                room($0.text, Point(x: $0.at.x + LineageLegend.glyphWidth + 8, y: $0.at.y + 11), size: 11)
            }
    }

    @Test func fitsTextIntoItsBoxes() throws {
        for sample in Sample.allCases {
            let (layout, _) = try Self.layout(sample)
            let (small, digits) = layout.metrics.isDense ? (8.5, 9.0) : (11.0, 11.0)
            for node in layout.nodes {
                guard let text = node.text else { continue }
                #expect(TextWidth.of(text, size: small) <= node.box.width, "\(text)")
            }
            for model in layout.models {
                #expect(TextWidth.of(model.digits, size: digits) <= model.box.width, "\(model.digits)")
                let word = model.kind.word(isDense: layout.metrics.isDense)
                #expect(TextWidth.of(word, size: small, perCharacter: 0.69) <= model.box.width, "\(word)")
            }
        }
    }

    @Test func drawsAtMostFortyLanesAndTwentyColumns() throws {
        let (large, _) = try Self.layout(.large)
        #expect(large.rowLabels.count == 40 && large.columnLabels.count == 20)
        #expect(large.sharedMembers == 0 && large.hiddenRounds == 0)
        let (huge, report) = try Self.layout(.huge)
        #expect(huge.rowLabels.count == 40 && huge.columnLabels.count == 20)
        #expect(huge.sharedMembers == 21 && huge.hiddenRounds == 6)
        #expect(huge.rowLabels.contains { $0.full == "member-17" && $0.note == "excluded" })
        #expect(
            huge.nodes.count { $0.kind == .excluded } + huge.hiddenTouchedRounds
                == report.content.certificate.excluded.count)
    }

    @Test func namesEventsThatTheChainHas() throws {
        let history = try Sample.feedback.history(), graph = LineageGraph(view: history.view)
        #expect(graph.members == history.members)
        for model in graph.models {
            let merged = graph.contributions.filter { model.contributions.contains($0.position) }
            #expect(merged.count == model.contributions.count)
            #expect(merged.allSatisfy { $0.round == model.round && $0.position < model.position })
            #expect(
                model.state == .recalled || merged.allSatisfy { model.plan == nil || $0.excludedBy == nil })
        }
        #expect(try CanonicalJSON.decode(LineageGraph.self, from: CanonicalJSON.encode(graph)) == graph)
    }
}

/// The picture of a deletion's course.
@Suite struct TimelineTests {
    private static func timeline(_ days: [Int], due: Int) -> Timeline {
        let start = 1_790_841_600
        return Timeline(
            dueAt: Timestamp(seconds: start + due * 86_400)!,
            steps: days.enumerated().map { index, day in
                TimelineStep(
                    name: "step \(index)", at: Timestamp(seconds: start + day * 86_400)!,
                    event: Count(index))
            })
    }

    @Test func drawsTimeToScale() {
        let layout = TimelineLayout(Self.timeline([0, 5, 10], due: 20))
        #expect(layout.steps.map(\.mark.x) == [48, 48 + 196, 48 + 392])
        #expect(layout.due.x == layout.bar.right)
        #expect(layout.used.width == 392)
        #expect(layout.late == nil)
        #expect(layout.usedText == "answered after 10 days; 20 days were allowed")
    }

    @Test func marksWhatIsLate() throws {
        let layout = TimelineLayout(Self.timeline([0, 40], due: 30))
        let late = try #require(layout.late)
        #expect(late.x == layout.due.x && late.right == layout.bar.right)
        #expect(layout.usedText == "answered 10 days late, after 40 days")
    }

    @Test func keepsItsLabelsApart() throws {
        let layout = TimelineLayout(try Sample.isolated.report().content.timeline)
        #expect(layout.steps.map(\.name).first == "received" && layout.steps.map(\.name).last == "issued")
        #expect(layout.steps.count == 9)
        let rooms = layout.steps.map { step -> Box in
            let width = ([step.name] + step.lines).map { TextWidth.of($0, size: 11.5) }.max()!
            return Box(x: step.label.x - width / 2, y: step.label.y, width: width, height: 60)
        }
        for (left, right) in zip(rooms, rooms.dropFirst()) { #expect(left.right <= right.x) }
        #expect(rooms[0].x >= 0 && rooms.last!.right <= TimelineLayout.width)
    }

    @Test(arguments: [
        (0, "0 s"), (59, "59 s"), (60, "1 min"), (3_660, "1 h 1 min"), (90_000, "1 day 1 h"),
        (259_200, "3 days"),
    ])
    func writesLengthsOfTime(_ seconds: Int, _ text: String) {
        #expect(Elapsed.text(seconds: seconds) == text)
    }
}
