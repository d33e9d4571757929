// Sockets on loopback, without any HTTP client's own idea of what is right.

import Foundation

final class Socket {
    private let descriptor: Int32
    private(set) var port = 0

    /// A connection.
    init(port: Int) throws {
        descriptor = try Socket.made()
        var address = Socket.loopback(port)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failed("connect: \(String(cString: strerror(errno)))") }
    }

    /// A port that is taken, so that nobody else can listen on it, and where nobody listens.
    init() throws {
        descriptor = try Socket.made()
        var address = Socket.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound else { throw Failed("bind: \(String(cString: strerror(errno)))") }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit {
        close(descriptor)
    }

    func send(_ text: String) throws {
        var rest = Data(text.utf8)
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard sent > 0 else { throw Failed("write: \(String(cString: strerror(errno)))") }
            rest = rest.dropFirst(sent)
        }
    }

    /// The status line's rest, and the body, of an HTTP answer that says how long it is.
    func readAnswer() throws -> (status: Substring, body: Data) {
        let end = Data("\r\n\r\n".utf8)
        var all = Data()
        var head = all.range(of: end)
        while head == nil {
            all += try readSome()
            head = all.range(of: end)
        }
        let lines = String(decoding: all[..<head!.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let length = lines.compactMap { Int($0.lowercased().trimmingPrefix("content-length: ")) }.first
        var body = all[head!.upperBound...]
        while body.count < length ?? 0 { body += try readSome() }
        return (lines[0].trimmingPrefix("HTTP/1.1 "), body)
    }

    private func readSome() throws -> Data {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { throw Failed("the server closed") }
        return Data(buffer.prefix(count))
    }

    private static func made() throws -> Int32 {
        #if canImport(Darwin)
            let stream = SOCK_STREAM
        #else
            let stream = Int32(SOCK_STREAM.rawValue)
        #endif
        let descriptor = socket(AF_INET, stream, 0)
        guard descriptor >= 0 else { throw Failed("socket: \(String(cString: strerror(errno)))") }
        return descriptor
    }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
