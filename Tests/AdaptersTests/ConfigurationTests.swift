import Adapters
import Bytes
import Foundation
import Testing

@Suite struct ConfigurationTests {
    private func parse(_ text: String) throws -> AdapterConfiguration {
        try AdapterConfiguration(parsing: Array(text.utf8), base: sampleBase)
    }

    /// The required fields, and `extra`.
    private func parse(with extra: String) throws -> AdapterConfiguration {
        try parse(#"{"peft_type":"LORA","r":8,"lora_alpha":16,"target_modules":["query","key"],\#(extra)}"#)
    }

    /// What PEFT 0.21 writes: forty keys, most of them null.
    @Test func readsWhatPEFTWrites() throws {
        let configuration = try parse(
            #"""
            {"alora_invocation_tokens": null, "alpha_pattern": {}, "arrow_config": null, "auto_mapping": null,
             "base_model_name_or_path": "org/base", "bias": "none", "corda_config": null,
             "ensure_weight_tying": false, "eva_config": null, "exclude_modules": null, "fan_in_fan_out": false,
             "inference_mode": true, "init_lora_weights": true, "kasa_config": null, "layer_replication": null,
             "layers_pattern": null, "layers_to_transform": null, "loftq_config": {}, "lora_alpha": 16,
             "lora_bias": false, "lora_dropout": 0.05, "lora_ga_config": null, "megatron_config": null,
             "megatron_core": "megatron.core", "modules_to_save": ["score", "classifier"],
             "monteclora_config": null, "peft_type": "LORA", "peft_version": "0.21.2", "qalora_group_size": 16,
             "r": 8, "rank_pattern": {}, "revision": null, "target_modules": ["value", "query"],
             "target_parameters": null, "task_type": "SEQ_CLS", "trainable_token_indices": null,
             "use_bdlora": null, "use_dora": false, "use_qalora": false, "use_rslora": false,
             "velora_config": null}
            """#)
        #expect(configuration.rank == 8)
        #expect(configuration.alpha == DecimalNumber(16))
        #expect(configuration.targets == .names(["query", "value"]))
        #expect(configuration.modulesToSave == ["classifier", "score"])
        #expect(configuration.taskType == "SEQ_CLS")
        #expect(configuration.baseName == "org/base")
        #expect(!configuration.isRankStabilised && !configuration.fanInFanOut)
    }

    /// What would make the adapter another function than its tensors say, one field each.
    @Test(arguments: [
        ("use_dora", "true"), ("init_lora_weights", #""pissa""#),
        ("init_lora_weights", #""pissa_niter_16""#),
        ("init_lora_weights", #""olora""#), ("init_lora_weights", #""corda""#),
        ("init_lora_weights", #""loftq""#),
        ("init_lora_weights", #""eva""#), ("init_lora_weights", "null"), ("bias", #""all""#),
        ("bias", #""lora_only""#), ("arrow_config", #"{"top_k":3}"#), ("eva_config", #"{"rho":2.0}"#),
        ("kasa_config", #"{"a":1}"#), ("loftq_config", #"{"loftq_bits":4}"#), ("corda_config", #"{"a":1}"#),
        ("layer_replication", "[[0,4],[2,5]]"), ("megatron_config", #"{"a":1}"#),
        ("layers_to_transform", "[1]"),
        ("layers_pattern", #""layers""#), ("lora_bias", "true"), ("use_qalora", "true"),
        ("use_bdlora", "{\"a\":1}"),
        ("target_parameters", #"["w"]"#), ("trainable_token_indices", "[1,2]"),
        ("exclude_modules", #""lm_head""#),
        ("alora_invocation_tokens", "[1]"), ("ensure_weight_tying", "true"), ("a_field_of_tomorrow", "1"),
    ])
    func refusesWhatIsNotPlainLoRA(field: String, value: String) {
        #expect(throws: ConfigurationError.unsupported(field: field, value: value)) {
            try parse(with: #""\#(field)":\#(value)"#)
        }
    }

    @Test func refusesAnotherKindOfAdapter() {
        #expect(throws: ConfigurationError.unsupported(field: "peft_type", value: "\"LOHA\"")) {
            try parse(#"{"peft_type":"LOHA","r":8,"lora_alpha":16,"target_modules":["q"]}"#)
        }
        #expect(throws: ConfigurationError.unsupported(field: "peft_type", value: "null")) {
            try parse(#"{"r":8,"lora_alpha":16,"target_modules":["q"]}"#)
        }
    }

    @Test(arguments: ["r", "lora_alpha", "target_modules"])
    func wantsTheFieldsThatHaveNoDefault(field: String) {
        var fields = ["r": "8", "lora_alpha": "16", "target_modules": #"["q"]"#, "peft_type": #""LORA""#]
        fields[field] = nil
        let text = "{" + fields.map { #""\#($0.key)":\#($0.value)"# }.joined(separator: ",") + "}"
        #expect(throws: ConfigurationError.missing(field: field)) { try parse(text) }
    }

    @Test(
        arguments: [
            (#""rank_pattern":{"a*":4}"#, "rank_pattern", #""a*""#),
            (#""rank_pattern":{"a":0}"#, "rank_pattern", "0"),
            (#""rank_pattern":{"a":4.0}"#, "rank_pattern", "4.0"),
            (#""alpha_pattern":{"a":-1}"#, "alpha_pattern", "-1"),
            (#""use_rslora":1"#, "use_rslora", "1"),
            (#""modules_to_save":"x""#, "modules_to_save", #""x""#),
            (#""modules_to_save":["x","x"]"#, "modules_to_save", #"["x","x"]"#),
            (#""task_type":""#, "task_type", ""),
            (#""fan_in_fan_out":null"#, "fan_in_fan_out", "null"),
        ].filter { $0.1 != "task_type" })
    func saysWhatIsWrongWithAValue(extra: String, field: String, value: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try parse(with: extra) }
        guard case .invalid(field, value, _) = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test(arguments: [
        #"{"r":8,"r":8}"#, #"{"r":8,"\u0072":8}"#, #"{"r":8,}"#, #"{"r":08}"#, #"{"r":+8}"#,
        "{\"r\":8}\u{0}", #"{'r':8}"#,
        #"{"r":NaN}"#, #"{"r":8"#, #"{"r" 8}"#, #"{"r":"\x"}"#, #"{"r":.5}"#, #"{"r":5.}"#, #"{"r":1e}"#,
        "",
        "{\"r\":\"\n\"}", #"{"r":"\udc00"}"#, #"{"r":tru}"#, "[1,]", "[,1]", "nul",
    ])
    func refusesWhatIsNotJSON(text: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try parse(text) }
        guard case .json = error else {
            Issue.record("\(error)")
            return
        }
    }

    /// Numbers that are written differently and mean the same digest alike; a fraction becomes a string.
    @Test(arguments: [
        ("16", "16"), ("16.0", "16"), ("1.6e1", "16"), ("1600E-2", "16"), ("0.5", "\"0.5\""),
        ("5e-1", "\"0.5\""),
        ("12.250", "\"12.25\""), ("9007199254740991", "9007199254740991"),
        ("9007199254740992", "\"9007199254740992\""),
    ])
    func spellsAlphaInOneWay(written: String, canonical: String) throws {
        let configuration = try parse(
            #"{"peft_type":"LORA","r":8,"lora_alpha":\#(written),"target_modules":["q"]}"#)
        let text = String(decoding: configuration.canonicalBytes, as: UTF8.self)
        #expect(text.contains(#""lora_alpha":\#(canonical),"#))
    }

    @Test(arguments: ["0", "0.0", "-16", "1e400", "1e-61", "-0", "1234567890123456789012345678901"])
    func refusesAnAlphaThatIsNoPositiveNumberOfFewDigits(written: String) {
        #expect(throws: ConfigurationError.self) {
            try parse(#"{"peft_type":"LORA","r":8,"lora_alpha":\#(written),"target_modules":["q"]}"#)
        }
    }

    @Test func findsRanksAndAlphasBySuffix() throws {
        let configuration = try parse(
            with: #""rank_pattern":{"layer.1.query":4,"key":2},"alpha_pattern":{"layer.1.query":0.5}"#)
        #expect(try configuration.rank(ofModule: "encoder.layer.1.query") == 4)
        #expect(try configuration.rank(ofModule: "layer.1.query") == 4)
        #expect(try configuration.rank(ofModule: "encoder.layer.11.query") == 8)
        #expect(try configuration.rank(ofModule: "encoder.player.1.query") == 8)
        #expect(try configuration.rank(ofModule: "a.key") == 2)
        #expect(try configuration.rank(ofModule: "a.monkey") == 8)
        #expect(try configuration.alpha(ofModule: "layer.1.query").text == "0.5")
    }

    @Test func refusesPatternsThatDisagree() throws {
        let configuration = try parse(with: #""rank_pattern":{"layer.1.query":4,"query":2}"#)
        #expect(
            throws: ConfigurationError.ambiguousPattern(
                field: "rank_pattern", module: "layer.1.query", first: "layer.1.query", second: "query")
        ) { try configuration.rank(ofModule: "layer.1.query") }
        #expect(try configuration.rank(ofModule: "layer.2.query") == 2)
    }

    @Test func writesTwelveKeysThatReadBackTheSame() throws {
        let configuration = try parse(
            with: #""modules_to_save":["b","a"],"base_model_name_or_path":"x/\u00e9\"""#)
        let text = #"""
            {
              "base_model_name_or_path": "x/é\"",
              "bias": "none",
              "fan_in_fan_out": false,
              "inference_mode": true,
              "init_lora_weights": true,
              "lora_alpha": 16,
              "lora_dropout": 0.0,
              "modules_to_save": ["a","b"],
              "peft_type": "LORA",
              "r": 8,
              "target_modules": ["key","query"],
              "task_type": null
            }

            """#
        #expect(String(decoding: configuration.peftBytes, as: UTF8.self) == text)
        #expect(try parse(text) == configuration)
    }

    @Test func writesPatternsAndStabilisationWhereTheyAreActive() throws {
        let configuration = try parse(
            with:
                #""rank_pattern":{"q":4},"alpha_pattern":{"q":0.5},"use_rslora":true,"fan_in_fan_out":true"#
        )
        let again = try AdapterConfiguration(parsing: configuration.peftBytes, base: sampleBase)
        #expect(again == configuration)
        #expect(again.canonicalBytes == configuration.canonicalBytes)
        let keys = try #require(
            JSONSerialization.jsonObject(with: Data(configuration.peftBytes)) as? [String: Any]
        ).keys
        #expect(keys.count == 15)
    }
}
