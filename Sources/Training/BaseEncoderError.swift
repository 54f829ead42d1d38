/// Why a directory is not a base model that the trainer can compute with.
public enum BaseEncoderError: Error, Equatable, Sendable {
    /// A file that the directory must hold cannot be read.
    case unreadable(file: String, reason: String)
    /// The file is not what its name says.
    case malformed(file: String, reason: String)
    /// A field of config.json has a value that the encoder does not compute.
    case unsupported(field: String, value: String)
    /// The weights lack a tensor.
    case missingTensor(String)
    /// A tensor has another shape than config.json implies.
    case wrongShape(tensor: String, expected: [Int], found: [Int])
    /// A tensor holds a NaN or an infinity.
    case notFinite(tensor: String)
    /// The vocabulary lacks a token that every WordPiece vocabulary has.
    case vocabularyLacks(token: String)
    /// The vocabulary has a token twice.
    case duplicateToken(String)
    /// The vocabulary and the embedding differ in size.
    case vocabularySize(tokens: Int, embeddings: Int)
}

extension BaseEncoderError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let file, let reason): "cannot read \(file): \(reason)"
        case .malformed(let file, let reason): "\(file) is malformed: \(reason)"
        case .unsupported(let field, let value):
            "config.json has \(field) = \(value), which the trainer does not compute"
        case .missingTensor(let name): "the weights lack the tensor \(name)"
        case .wrongShape(let tensor, let expected, let found):
            "tensor \(tensor) has shape \(found), and config.json implies \(expected)"
        case .notFinite(let tensor): "tensor \(tensor) holds a NaN or an infinity"
        case .vocabularyLacks(let token): "the vocabulary lacks \(token)"
        case .duplicateToken(let token): "the vocabulary has \(token) twice"
        case .vocabularySize(let tokens, let embeddings):
            "the vocabulary has \(tokens) tokens and the embedding \(embeddings) rows"
        }
    }
}
