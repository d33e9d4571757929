// Requests: what they send, what they refuse and in which words, and that nothing of them is left.
package matrix.capi

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.put
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.util.Base64
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.microseconds
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

class RequestsTest {
    @AfterEach
    fun `nothing is left`() = assertEquals(0, MatrixCapi.liveObjects)

    @Test
    fun `a custom path takes its fields, and the others go into the query, a list one by one`() =
        scripted("""[{"json": {}}]""") { script, client ->
            client.setAccessToken("t0ken")
            val path = "/_matrix/client/unstable/org.example/rooms/{roomId}/x?dir={dir}"
            client.send(
                MatrixRequest.custom("GET", path) {
                    set("roomId", "!a/b?c:example.org")
                    set("dir", "f&g")
                    set("via", listOf("one.example", "two.example"))
                    set("limit", 5)
                },
            )
            val sent = script.state().requests.single()
            assertEquals("/_matrix/client/unstable/org.example/rooms/%21a%2Fb%3Fc%3Aexample.org/x", sent.text("path"))
            assertEquals("dir=f%26g&via=one.example&via=two.example&limit=5", sent.text("query"))
            assertTrue("Bearer t0ken" in sent.getValue("headers").toString())
        }

    @Test
    fun `a value may be of any type that JSON has`() = scripted("""[{"json": {}}]""") { script, client ->
        val request = MatrixRequest.custom("PUT", "/_matrix/client/v1/x") {
            set("string", "a\u0000b\ud83d\ude00")
            this["int"] = 1
            set("long", Long.MAX_VALUE)
            set("double", 0.5)
            set("boolean", false)
            set("null", null)
            set("element", buildJsonObject { put("a", 1) })
            set("map", mapOf("list" to listOf(1, null, arrayOf("x"))))
        }
        client.send(request)
        assertEquals(
            Json.parseToJsonElement(
                """{"string": "a\u0000b\ud83d\ude00", "int": 1, "long": 9223372036854775807, "double": 0.5, "boolean": false,
                    "null": null, "element": {"a": 1}, "map": {"list": [1, null, ["x"]]}}""",
            ),
            script.bodies().single(),
        )
    }

    @Test
    fun `a field may be set again and left out again, and the field body is the whole body`() =
        scripted("""[{"json": {}}]""") { script, client ->
            val request = MatrixRequest.custom("POST", "/_matrix/client/v1/x").set("a", 1).set("b", 2).set("a", 3).unset("b")
            client.send(request)
            client.send(MatrixRequest.custom("POST", "/_matrix/client/v1/x").set("body", listOf(1)))
            assertEquals(listOf("""{"a":3}""", "[1]"), script.bodies().map { it.toString() })
        }

    @Test
    fun `names with a dot are taken by every operation`() =
        scripted("""[{"json": {"user_id": "@a:b", "access_token": "t", "versions": []}}]""") { script, client ->
            client.send(MatrixRequest("login") { set("type", "m.login.token"); set("org.example.flag", true) })
            client.send(MatrixRequest("getVersions") { set("org.example.since", "v1.1") })
            val (login, versions) = script.state().requests
            assertEquals("""{"type":"m.login.token","org.example.flag":true}""", login.text("body"))
            assertEquals("org.example.since=v1.1", versions.text("query"))
        }

    @Test
    fun `a request has a timeout of its own, until it is set to null`() = runBlocking {
        Script("""[{"hang": true}]""").use { script ->
            MatrixClient(script.url) { timeout = 1.seconds }.use { client ->
                val request = MatrixRequest("getVersions") { timeout = 100.milliseconds }
                assertTrue(secondsUntilDeadline { client.send(request) } in 0.1..0.9)
                request.timeout = null
                assertTrue(secondsUntilDeadline { client.send(request) } >= 0.9)
                request.setTimeout(java.time.Duration.ofMillis(50))
                assertTrue(secondsUntilDeadline { client.send(request) } in 0.05..0.9)
                assertTrue(secondsUntilDeadline { client.call("getVersions") } >= 0.9)
            }
        }
    }

    @Test
    fun `a request may be changed and sent again while it is on its way`() =
        scripted("""[{"json": {}, "delay_ms": 300}]""") { script, client ->
            val list = mutableListOf("first")
            val request = MatrixRequest.custom("POST", "/_matrix/client/v1/x") { set("list", list) }
            val first = async(start = CoroutineStart.UNDISPATCHED) { client.send(request) }
            list += "later"
            request["list"] = list
            client.send(request)
            client.send(request)
            first.await()
            val (later, more) = """{"list":["first","later"]}""" to """{"list":["first"]}"""
            assertEquals(listOf(later, later, more), script.bodies().map { it.toString() }.sorted())
        }

    @Test
    fun `one request may be sent many times at once`() =
        scripted("""[{"json": {"sid": "a"}, "shuffle_ms": 20}]""") { script, client ->
            val request = MatrixRequest.custom("POST", "/_matrix/client/v1/x").set("a", 1)
            coroutineScope { repeat(200) { launch(Dispatchers.Default) { client.send(request) } } }
            assertEquals(200, script.bodies().count { it.toString() == """{"a":1}""" })
        }

    @Test
    fun `what an operation does not allow is refused at once, in the library's words`() {
        val login = MatrixRequest("login")
        refused("there is no operation \"frobnicate\"") { MatrixRequest("frobnicate") }
        refused("mx_request_set_json: login: there is no parameter pasword; there are type, ") { login["pasword"] = "hunter2" }
        refused("login: type must be of type string, not integer") { login["type"] = 1 }
        refused("there is no parameter pasword") { login.unset("pasword") }
        refused("client_secret may hold only") {
            MatrixRequest("requestTokenToResetPasswordEmail")["client_secret"] = "hunter2!"
        }
        refused("method must be GET, POST, PUT or DELETE") { MatrixRequest.custom("PATCH", "/_matrix/x") }
        refused("path must begin with /_matrix/") { MatrixRequest.custom("GET", "/x") }
        refused("dir must not be of type object") { MatrixRequest.custom("GET", "/_matrix/x")["dir"] = mapOf("a" to 1) }
        refused("x is not JSON: ") { MatrixRequest.custom("PUT", "/_matrix/x")["x"] = JsonPrimitive(Double.NaN) }
        assertEquals("MatrixRequest(login: )", login.toString())
    }

    @Test
    fun `what Kotlin cannot say in JSON or in C is refused in clear words`() {
        val request = MatrixRequest.custom("PUT", "/_matrix/x")
        refused("JSON has no form for the number NaN") { request["x"] = Double.NaN }
        refused("JSON has no form for the number -Infinity") { request["x"] = listOf(Float.NEGATIVE_INFINITY) }
        refused("JSON has no form for a java.lang.Object") { request["x"] = Any() }
        refused("a name in JSON must be a string, not a java.lang.Integer") { request["x"] = mapOf(1 to 2) }
        refused("name holds U+0000, which a C string cannot carry") { request["a\u0000b"] = 1 }
        assertThrows<MatrixException.InvalidUtf8> { request["x"] = "\ud800" }
        refused("timeout is 10us: less than 1 ms") { request.timeout = 10.microseconds }
        refused("timeout is 0s: less than 1 ms") { request.timeout = Duration.ZERO }
        refused("timeout in milliseconds is -1: not within 32 bits") { request.timeout = (-1).milliseconds }
        refused("not within 32 bits") { request.timeout = 50.days }
        refused("not within 32 bits") { request.timeout = Duration.INFINITE }
        assertNull(request.timeout)
    }

    @Test
    fun `what a request lacks is found when it is sent, and nothing is sent`() =
        scripted("""[{"json": {}}]""") { script, client ->
            val failure = assertFails<MatrixException.InvalidArgument> { client.send(MatrixRequest("login")) }
            assertEquals("login: type is missing", failure.message)
            val custom = MatrixRequest.custom("GET", "/_matrix/x/{roomId}")
            val other = assertFails<MatrixException.InvalidArgument> { client.send(custom) }
            assertEquals("GET /_matrix/x/{roomId}: roomId is missing", other.message)
            assertEquals(0, script.state().requests.size)
        }

    @Test
    fun `an answer that is not JSON has its bytes and its headers`() {
        val bytes = ByteArray(256) { it.toByte() }
        val headers = """{"Content-Type": "image/png", "content-disposition": "inline", "ETag": "\"a\"", "X-Other": "b"}"""
        val reply = """{"body_base64": "${Base64.getEncoder().encodeToString(bytes)}", "headers": $headers, "status": 201}"""
        scripted("[$reply]") { _, client ->
            val result = client.send(MatrixRequest.custom("GET", "/_matrix/media/x"))
            assertArrayEquals(bytes, result.body)
            assertEquals(201, result.httpStatus)
            assertEquals("image/png", result.header("content-type"))
            assertEquals("inline", result.header("CONTENT-DISPOSITION"))
            assertEquals("\"a\"", result.header("etag"))
            assertNull(result.header("location"))
            assertNull(result.header("x-other"))
            assertEquals("MatrixResult(HTTP 201, 256 bytes)", result.toString())
            val failure = assertThrows<MatrixException.BadResponse> { result.json }
            assertEquals("the body of the answer is not JSON", failure.message)
            assertEquals(201, failure.httpStatus)
            assertEquals("image/png", failure.header("Content-Type"))
        }
    }

    @Test
    fun `a failure has its headers, too`() =
        scripted("""[{"status": 404, "json": {"errcode": "M_NOT_FOUND"}, "headers": {"etag": "e"}}]""") { _, client ->
            val failure = assertFails<MatrixException.Matrix> { client.send(MatrixRequest.custom("GET", "/_matrix/x")) }
            assertEquals("e", failure.header("etag"))
            assertEquals("M_NOT_FOUND", failure.errcode)
        }

    @Test
    fun `an empty body is none that could be JSON`() = scripted("""[{"status": 204}]""") { _, client ->
        val result = client.send(MatrixRequest.custom("DELETE", "/_matrix/x"))
        assertEquals(0, result.body.size)
        assertThrows<MatrixException.BadResponse> { result.json }
    }

    @Test
    fun `JSON is parsed once, and what the library does not take for JSON is none here`() {
        suspend fun answer(body: String): MatrixResult {
            val reply = buildJsonObject { put("body_base64", Base64.getEncoder().encodeToString(body.toByteArray(Charsets.ISO_8859_1))) }
            return Script("[$reply]").use { script ->
                MatrixClient(script.url).use { it.send(MatrixRequest.custom("GET", "/_matrix/x")) }
            }
        }
        runBlocking {
            val result = answer("""[{"a": "\ud83d\ude00 \ud800 \\ud800 \\\udfff"}, -0.5e3, true, null]""")
            assertSame(result.json, result.json)
            assertEquals("""[{"a":"😀 � \\ud800 \\�"},-0.5e3,true,null]""", result.json.toString())
            val (deep, deeper) = listOf(128, 129).map { "[".repeat(it) + "]".repeat(it) }
            assertEquals(deep, answer(deep).json.toString())
            for (body in listOf(deeper, "hello", "<p>", "{\"a\": tru}", "[01]", "NaN", "{\"a\": .5}", "\"\u00e9\"", "", "1 2")) {
                assertThrows<MatrixException.BadResponse>(body) { runBlocking { answer(body) }.json }
            }
        }
    }

    @Test
    fun `the URL of a request is for a browser, and nothing is sent`() =
        scripted("""[{"json": {}}]""") { script, client ->
            client.setAccessToken("t0ken")
            val path = "/_matrix/client/v3/login/sso/redirect/{idpId}"
            val request = MatrixRequest.custom("GET", path).set("idpId", "a/b").set("redirectUrl", "app://x?y")
            val url = request.url(client)
            assertTrue(url.startsWith("${script.url}/_matrix/client/v3/login/sso/redirect/a%2Fb?redirectUrl=app"), url)
            assertTrue("t0ken" !in url)
            refused("idpId is missing") { request.unset("idpId").url(client) }
            refused("a browser can open only a GET that needs no access token") { MatrixRequest("getTokenOwner").url(client) }
            MatrixClient.forDiscovery().use { refused("without a homeserver") { MatrixRequest("getVersions").url(it) } }
            client.close()
            assertThrows<MatrixException.Closed> { MatrixRequest("getVersions").url(client) }
            assertFails<MatrixException.Closed> { client.send(MatrixRequest("getVersions")) }
            assertEquals(0, script.state().requests.size)
        }

    @Test
    fun `a request is nothing that must be closed, and cancelling its sending leaves nothing`() =
        scripted("""[{"json": {"versions": []}, "shuffle_ms": 20}]""") { _, client ->
            val before = MatrixCapi.liveObjects
            val request = MatrixRequest("getVersions") { timeout = 10.seconds }
            assertEquals(before, MatrixCapi.liveObjects)
            coroutineScope {
                repeat(500) { number ->
                    launch(Dispatchers.Default) { withTimeoutOrNull((number % 25).milliseconds) { client.send(request) } }
                }
            }
            assertTrue("versions" in client.send(request).json.jsonObject)
        }

    private fun refused(words: String, block: () -> Unit) {
        val failure = assertThrows<MatrixException.InvalidArgument> { block() }
        assertTrue(words in failure.message!!, failure.message)
        assertTrue("hunter2" !in failure.message!!, failure.message)
    }

    private suspend fun secondsUntilDeadline(block: suspend () -> Any): Double {
        val started = TimeSource.Monotonic.markNow()
        assertFails<MatrixException.Deadline> { block() }
        return started.elapsedNow().inWholeMilliseconds / 1000.0
    }

    private fun Script.bodies(): List<JsonElement> = state().requests.map { Json.parseToJsonElement(it.text("body")) }

    private fun scripted(replies: String, block: suspend CoroutineScope.(Script, MatrixClient) -> Unit) =
        runBlocking { Script(replies).use { script -> MatrixClient(script.url).use { block(script, it) } } }
}
