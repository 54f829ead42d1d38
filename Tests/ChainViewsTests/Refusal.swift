import ChainViews
import ConsortiumFixture
import Events
import Testing

extension SampleConsortium {
    /// The reason for which the chain refuses `event`; `nil` where it does not.
    func refusal(_ event: Event, by author: MemberName) -> RuleViolation? {
        var copy = self
        do {
            try copy.say(event, by: author)
        } catch .rule(let violation) {
            return violation
        } catch {
            Issue.record("refused before the rules: \(error)")
        }
        return nil
    }
}
