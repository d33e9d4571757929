// The scripted server of tests/scripted, started once for all tests.
package matrix.capi

import kotlinx.coroutines.delay
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.net.InetSocketAddress
import java.net.Socket
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

private object ScriptedServer {
    private val child = Child(Project.python, "${Project.root}/tests/scripted/server.py")
    val port: Int = Json.parseToJsonElement(child.readLine()).jsonObject.getValue("port").jsonPrimitive.int
    val names = AtomicInteger()
    val http: HttpClient = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()
}

/** A script of the server: what it answers under a base URL of its own. */
class Script(replies: JsonArray) : AutoCloseable {
    private val name = "script-${ScriptedServer.names.incrementAndGet()}"
    val url = "http://127.0.0.1:${ScriptedServer.port}/$name"

    constructor(replies: String) : this(Json.parseToJsonElement(replies).jsonArray)

    init {
        control("PUT", replies.toString())
    }

    fun state(): State = State(Json.parseToJsonElement(control("GET", "")).jsonObject)

    suspend fun waitUntil(patience: Duration = 10.seconds, so: (State) -> Boolean): Boolean {
        val started = TimeSource.Monotonic.markNow()
        while (started.elapsedNow() < patience) {
            if (so(state())) return true
            delay(5)
        }
        return so(state())
    }

    suspend fun waitForRequests(count: Int) {
        check(waitUntil { it.requests.size >= count }) { "$count requests never came" }
    }

    override fun close() {
        control("DELETE", "")
    }

    private fun control(method: String, body: String): String {
        val uri = URI("http://127.0.0.1:${ScriptedServer.port}/_control/$name")
        val request = HttpRequest.newBuilder(uri).method(method, BodyPublishers.ofString(body)).build()
        val answer = ScriptedServer.http.send(request, BodyHandlers.ofString())
        check(answer.statusCode() == 200) { "$method $name: ${answer.body()}" }
        return answer.body()
    }
}

/** What a script has been asked. */
class State(json: JsonObject) {
    val requests: List<JsonObject> = json.getValue("requests").jsonArray.map { it.jsonObject }
    val closedEarly: Int = json.getValue("closed_early").jsonPrimitive.int
}

/** A port that is taken, and where nobody listens. */
class ClosedPort : AutoCloseable {
    private val socket = Socket().apply { bind(InetSocketAddress("127.0.0.1", 0)) }
    val url = "http://127.0.0.1:${socket.localPort}"

    override fun close() = socket.close()
}
