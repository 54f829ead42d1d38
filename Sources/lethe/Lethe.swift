import ArgumentParser
import Foundation

/// The root of the command line. Results go to standard output, everything else to standard error.
struct Lethe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lethe",
        abstract: "A ledger for organisations that fine-tune a language model together and do not trust each other.",
        discussion: """
            Every action is a signed, append-only event. The model is what a replay of the events gives, bit for bit; \
            to unlearn is to leave events out and rebuild what descends from them.

            Exit codes: 0 yes, 1 the answer is no, 2 could not tell, 64 wrong usage.
            """,
        version: "lethe 0.1.0",
        subcommands: [
            DemoCommand.self, InitCommand.self, MemberCommand.self, KeyCommand.self, ChainCommand.self,
            AppendCommand.self, SignCommand.self, WitnessCommand.self, TrustCommand.self, BaseCommand.self,
            RoundCommand.self, AdapterCommand.self, ModelCommand.self, DeletionCommand.self, BodyCommand.self,
            RecordCommand.self, InboxCommand.self, PackCommand.self, PolicyCommand.self, DiscloseCommand.self,
            DisclosureCommand.self, ParticipateCommand.self, SimulateCommand.self, ReportCommand.self,
            ShowCommand.self, ProveCommand.self, VerifyCommand.self, ReplayCommand.self, CheckCommand.self,
            DatasetCommand.self, RecipeCommand.self, TrainCommand.self,
            ExportCommand.self, SignatureCommand.self, TimestampCommand.self,
            EvaluateCommand.self, ExperimentCommand.self, BenchCommand.self,
        ])
}

@main
enum Main {
    static func main() async {
        do {
            var command = try Lethe.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            Failure(error).exit()
        }
    }
}
