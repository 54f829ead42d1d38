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
        groupedSubcommands: [
            CommandGroup(
                name: "Begin",
                subcommands: [DemoCommand.self, InitCommand.self, MemberCommand.self, KeyCommand.self]),
            CommandGroup(
                name: "Train and merge",
                subcommands: [
                    BaseCommand.self, DatasetCommand.self, RecipeCommand.self, RoundCommand.self, TrainCommand.self,
                    AdapterCommand.self, ModelCommand.self, EvaluateCommand.self,
                ]),
            CommandGroup(
                name: "Take part", subcommands: [PolicyCommand.self, ParticipateCommand.self, SimulateCommand.self]),
            CommandGroup(
                name: "Delete",
                subcommands: [DeletionCommand.self, InboxCommand.self, BodyCommand.self, RecordCommand.self]),
            CommandGroup(
                name: "Verify and report",
                subcommands: [
                    VerifyCommand.self, ReplayCommand.self, CheckCommand.self, ShowCommand.self, ReportCommand.self,
                    PackCommand.self,
                ]),
            CommandGroup(
                name: "Hand over",
                subcommands: [
                    ChainCommand.self, AppendCommand.self, SignCommand.self, WitnessCommand.self, TrustCommand.self,
                    ProveCommand.self, DiscloseCommand.self, DisclosureCommand.self, ExportCommand.self,
                    SignatureCommand.self, TimestampCommand.self,
                ]),
            CommandGroup(name: "Measure", subcommands: [ExperimentCommand.self, BenchCommand.self]),
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
