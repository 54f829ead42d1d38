import Adapters
import Bytes
import Foundation
import Testing
import Training

@Suite("A recipe")
struct RecipeTests {
    private func refusal(_ json: String) -> RecipeError? {
        do throws(RecipeError) {
            _ = try Recipe(json: Array(json.utf8))
            return nil
        } catch { return error }
    }

    private func text(_ recipe: Recipe) -> String { String(decoding: recipe.json, as: UTF8.self) }

    @Test("reads back what it writes, and the bytes are what the schema's example says")
    func roundTrips() throws {
        let recipe = try Fixture.recipe()
        #expect(try Recipe(json: recipe.json) == recipe)
        #expect(text(recipe).hasPrefix(#"{"arithmetic":"training-arithmetic/v1","base":""#))
        let other = try Fixture.recipe { $0.optimiser.schedule = .linear }
        #expect(try Recipe(json: other.json) == other)
        #expect(other.digest != recipe.digest)
    }

    @Test("is refused in any other spelling")
    func refusesOtherSpellings() throws {
        let json = text(try Fixture.recipe())
        let spellings = [
            json + " ", json.replacing(",", with: ", "),
            json.replacing(#""epochs":2"#, with: #""epochs":2.0"#),
            json.replacing(#""epochs":2"#, with: #""epochs":2,"epochs":2"#),
            json.replacing(#""epochs":2"#, with: #""epochs":2,"extra":0"#),
            json.replacing(#""batchSize":8,"#, with: "").replacing(
                #""seed""#, with: #""batchSize":8,"seed""#),
            json.replacing("value", with: #"\u0076alue"#),
        ]
        for spelling in spellings {
            try #require(spelling != json)
            #expect(refusal(spelling) == .notCanonical, "\(spelling)")
        }
    }

    @Test("is refused when a field is missing, of another type, or of a version to come")
    func refusesOtherForms() throws {
        let json = text(try Fixture.recipe())
        for (from, to) in [(#""epochs":2,"#, ""), (#""epochs":2"#, #""epochs":"2""#), ("{", "[")] {
            guard case .malformed = refusal(json.replacing(from, with: to)) else {
                Issue.record("accepts \(to) for \(from)")
                continue
            }
        }
        #expect(
            refusal(json.replacing("training-arithmetic/v1", with: "training-arithmetic/v2"))
                == .unknownVersion(field: "arithmetic", value: "training-arithmetic/v2"))
        #expect(
            refusal(json.replacing("lethe-trainer/v1", with: "pytorch"))
                == .unknownVersion(field: "trainer", value: "pytorch"))
        #expect(
            refusal(json.replacing("adamw", with: "sgd"))
                == .unknownVersion(field: "optimiser.name", value: "sgd"))
    }

    @Test("is refused when a value is out of range")
    func refusesValuesOutOfRange() throws {
        let json = text(try Fixture.recipe())
        let changes = [
            (#""epochs":2"#, #""epochs":0"#, "epochs"),
            (#""batchSize":8"#, #""batchSize":65537"#, "batchSize"),
            (#""rank":4"#, #""rank":0"#, "lora.rank"), (#""seed":42"#, #""seed":9007199254740992"#, "seed"),
            (#""classCount":2"#, #""classCount":1"#, "classCount"),
            (#""maximumTokens":24"#, #""maximumTokens":1"#, "maximumTokens"),
            (#""beta1":"0.9""#, #""beta1":"1""#, "optimiser.beta1"),
            (#""epsilon":"0.00000001""#, #""epsilon":"0""#, "optimiser.epsilon"),
            (#""learningRate":"0.01""#, #""learningRate":"1e-2""#, "optimiser.learningRate"),
        ]
        for (from, to, field) in changes {
            guard case .outOfRange(let named, _) = refusal(json.replacing(from, with: to)) else {
                Issue.record("accepts \(to)")
                continue
            }
            #expect(named == field)
        }
        for names in [#"["value","query"]"#, #"["query","query"]"#, #"["que ry"]"#, #"[""]"#] {
            guard case .badNames(let field, _) = refusal(json.replacing(#"["query","value"]"#, with: names))
            else {
                Issue.record("accepts \(names)")
                continue
            }
            #expect(field == "lora.targetModules")
        }
    }

    @Test(
        "takes numbers in one spelling",
        arguments: [
            ("0", true), ("1", true), ("0.25", true), ("10", true), ("100.001", true), ("00", false),
            ("01", false),
            ("0.10", false), (".5", false), ("5.", false), ("1e3", false), ("-1", false), ("", false),
            ("1.0", false),
            ("0.0", false), ("١", false), ("1.2.3", false), (" 1", false),
            (String(repeating: "9", count: 41), false),
        ])
    func numbersHaveOneSpelling(text: String, isNumber: Bool) {
        #expect((RecipeNumber(text) != nil) == isNumber)
    }

    /// The closed schema takes what we write, and refuses an unknown field and a float.
    @Test(
        "is what its JSON Schema says",
        .enabled(if: Python.has("jsonschema"), "needs Python with jsonschema"))
    func matchesItsSchema() throws {
        let json = text(try Fixture.recipe())
        let documents = [
            json, json.replacing(#""epochs":2"#, with: #""epochs":2,"extra":0"#),
            json.replacing(#""epochs":2"#, with: #""epochs":2.5"#),
            json.replacing(#""alpha":8,"#, with: ""),
            json.replacing(#""0.01""#, with: #""1e-2""#),
        ]
        let answer = try Python.run(
            """
            import json, sys
            from jsonschema import Draft202012Validator
            schema = json.load(open(sys.argv[1]))
            Draft202012Validator.check_schema(schema)
            print([Draft202012Validator(schema).is_valid(json.loads(text)) for text in sys.argv[2:]])
            """, [Fixture.packageRoot.appending(path: "schemas/recipe.v1.json").path] + documents)
        #expect(answer.output == "[True, False, False, False, False]\n")
    }
}

@Suite("The run digest")
struct RunInputsTests {
    @Test("does not depend on the order in which commitments are given")
    func sortsCommitments() throws {
        let commitments = Fixture.records(5).map(\.commitment)
        let recipe = try Fixture.recipe().digest
        let inputs = RunInputs(recipe: recipe, parent: nil, commitments: commitments)
        #expect(inputs == RunInputs(recipe: recipe, parent: nil, commitments: commitments.reversed()))
        #expect(inputs.commitments == commitments.sorted())
    }

    /// The definition in schemas/training-arithmetic.md, spelt out.
    @Test("is the hash that the page defines")
    func isTheDefinedHash() throws {
        let recipe = try Fixture.recipe()
        let commitments = Fixture.records(2).map(\.commitment).sorted()
        let tensors = TensorDigest.sha256([1])
        let parent = TensorDigest.sha256([2])
        for given in [nil, parent] {
            let inputs = RunInputs(recipe: recipe.digest, parent: given, commitments: commitments)
            let bytes =
                Array("lethe/run-inputs/v1\0".utf8) + recipe.digest.bytes
                + (given.map { [1] + $0.bytes } ?? [0]) + [0, 0, 0, 0, 0, 0, 0, 2] + commitments[0].bytes
                + commitments[1].bytes
            let digest = RunInputs.Digest.sha256(bytes)
            #expect(inputs.digest == digest)
            #expect(
                inputs.runDigest(result: tensors)
                    == .sha256(Array("lethe/run/v1\0".utf8), digest.bytes, tensors.bytes))
        }
    }
}
