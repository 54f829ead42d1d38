internal import Glibc

/// Files that somebody else hands us: read whole, and never more of them than a limit.
public enum InputFile {
    /// The bytes of the file at `path`, of which at most `limit` are read; more are refused, and so is what is no file.
    public static func read(_ path: String, limit: Int) throws(VerifyRefusal) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(path) }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw .unknown("\(path) is a directory", hint: "name the file in it")
        }
        guard status.st_mode & S_IFMT != S_IFREG || status.st_size <= limit else {
            throw tooLarge(path, limit, "has \(status.st_size) bytes")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) + 1 : 1 << 16)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure(path) }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= limit else { throw tooLarge(path, limit, "has more bytes than that") }
        }
    }

    private static func failure(_ path: String) -> VerifyRefusal {
        .unknown("cannot read \(path): \(String(cString: strerror(errno)))", hint: "check the path")
    }

    private static func tooLarge(_ path: String, _ limit: Int, _ what: String) -> VerifyRefusal {
        .unknown("\(path) \(what); \(limit) is the limit", hint: "nothing that is to be read here is that large")
    }
}
