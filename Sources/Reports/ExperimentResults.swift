/// What an experiment measured: the content of its JSON file and of its page. Integers only; PPM is millionths, PPB
/// thousand-millionths.
public struct ExperimentResults: Codable, Hashable, Sendable {
    public static let format = "lethe/experiment/v1"

    public var base: String
    public var cores: Int
    public var federations: [Federation]
    public var format: String
    /// The accuracy of always saying the commonest label of the held-out records.
    public var majorityPPM: Int
    public var organisations: [Organisation]
    public var settings: Settings

    public init(
        base: String, cores: Int, organisations: [Organisation], majorityPPM: Int, settings: Settings,
        federations: [Federation]
    ) {
        self.base = base
        self.cores = cores
        self.federations = federations
        format = Self.format
        self.majorityPPM = majorityPPM
        self.organisations = organisations
        self.settings = settings
    }

    /// Who took part, with how much.
    public struct Organisation: Codable, Hashable, Sendable {
        public var heldOut: Int
        public var name: String
        public var records: Int
        public var subjects: Int

        public init(name: String, records: Int, subjects: Int, heldOut: Int) {
            (self.name, self.records, self.subjects, self.heldOut) = (name, records, subjects, heldOut)
        }
    }

    /// What was the same for all federations.
    public struct Settings: Codable, Hashable, Sendable {
        public var batchSize: Int
        public var epochs: Int
        public var learningRate: String
        public var maximumTokens: Int
        public var rank: Int
        public var rounds: Int
        public var seed: Int

        public init(
            batchSize: Int, epochs: Int, learningRate: String, maximumTokens: Int, rank: Int, rounds: Int, seed: Int
        ) {
            self.batchSize = batchSize
            self.epochs = epochs
            self.learningRate = learningRate
            self.maximumTokens = maximumTokens
            self.rank = rank
            self.rounds = rounds
            self.seed = seed
        }
    }

    /// Work in shard runs, records read times epochs, and time.
    public struct Work: Codable, Hashable, Sendable {
        public var milliseconds: Int
        public var samples: Int
        public var shardRuns: Int

        public init(milliseconds: Int = 0, samples: Int = 0, shardRuns: Int = 0) {
            (self.milliseconds, self.samples, self.shardRuns) = (milliseconds, samples, shardRuns)
        }
    }

    /// An area under the curve with its 95 % interval.
    public struct Area: Codable, Hashable, Sendable {
        public var aucPPM: Int
        public var highPPM: Int
        public var lowPPM: Int

        public init(aucPPM: Int, lowPPM: Int, highPPM: Int) {
            (self.aucPPM, self.lowPPM, self.highPPM) = (aucPPM, lowPPM, highPPM)
        }
    }

    /// One federation: how it was trained and what it cost.
    public struct Federation: Codable, Hashable, Sendable {
        public var accuracyPPM: Int
        public var deletions: [Deletion]
        /// Of the public chain and of all private ones.
        public var events: Int
        /// Of the events' leaves.
        public var leafBytes: Int
        /// Everything between the founding and the last model that was not training.
        public var ledgerMilliseconds: Int
        /// Of the ledger's databases.
        public var storedBytes: Int
        public var shards: Int
        public var topology: String
        public var training: Work

        public init(
            topology: String, shards: Int, accuracyPPM: Int, events: Int, leafBytes: Int, storedBytes: Int,
            ledgerMilliseconds: Int, training: Work, deletions: [Deletion]
        ) {
            self.accuracyPPM = accuracyPPM
            self.deletions = deletions
            self.events = events
            self.leafBytes = leafBytes
            self.ledgerMilliseconds = ledgerMilliseconds
            self.storedBytes = storedBytes
            self.shards = shards
            self.topology = topology
            self.training = training
        }
    }

    /// One deletion, carried out exactly, beside the retrain that it must equal and approximate methods.
    public struct Deletion: Codable, Hashable, Sendable {
        public var accuracyAfterPPM: Int
        public var accuracyBeforePPM: Int
        public var accuracyRetrainPPM: Int
        public var approximations: [Approximation]
        public var areaAfter: Area
        public var areaBefore: Area
        public var forgotten: Int
        /// Whether the last model has the bytes of the matched retrain.
        public var isEqual: Bool
        /// `one subject`, `1 % of records`, `one organisation`.
        public var kind: String
        /// Training federated anew without the records, from the first round.
        public var retraining: Work
        /// Training that carrying out the deletion took.
        public var unlearning: Work
        /// The whole time of carrying it out, ledger, merging, erasing and checks included.
        public var wholeMilliseconds: Int

        public init(
            kind: String, forgotten: Int, isEqual: Bool, accuracyBeforePPM: Int, accuracyAfterPPM: Int,
            accuracyRetrainPPM: Int, areaBefore: Area, areaAfter: Area, unlearning: Work, wholeMilliseconds: Int,
            retraining: Work, approximations: [Approximation]
        ) {
            self.accuracyAfterPPM = accuracyAfterPPM
            self.accuracyBeforePPM = accuracyBeforePPM
            self.accuracyRetrainPPM = accuracyRetrainPPM
            self.approximations = approximations
            self.areaAfter = areaAfter
            self.areaBefore = areaBefore
            self.forgotten = forgotten
            self.isEqual = isEqual
            self.kind = kind
            self.retraining = retraining
            self.unlearning = unlearning
            self.wholeMilliseconds = wholeMilliseconds
        }
    }

    /// What an approximate method made of the last model.
    public struct Approximation: Codable, Hashable, Sendable {
        public var accuracyPPM: Int
        public var area: Area
        public var greatestPPB: Int?
        public var method: String
        /// To the matched retrain; absent where the shapes differ, as they do with a block more.
        public var relativePPB: Int?
        public var work: Work

        public init(
            method: String, accuracyPPM: Int, area: Area, relativePPB: Int?, greatestPPB: Int?, work: Work
        ) {
            self.accuracyPPM = accuracyPPM
            self.area = area
            self.greatestPPB = greatestPPB
            self.method = method
            self.relativePPB = relativePPB
            self.work = work
        }
    }
}
