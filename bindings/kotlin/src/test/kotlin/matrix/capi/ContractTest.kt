// Runs the contract table of tests/contract through the public functions.
package matrix.capi

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.sync.Semaphore
import kotlinx.coroutines.sync.withPermit
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import kotlinx.serialization.json.longOrNull
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.TestFactory
import java.io.File
import kotlin.time.Duration.Companion.milliseconds

class ContractTest {
    @TestFactory
    fun `every case of the contract table holds`(): Iterator<DynamicTest> {
        val cases = File(Project.root, "tests/contract").listFiles { file -> file.extension == "json" }!!.sorted()
            .flatMap { Json.parseToJsonElement(it.readText()).jsonArray }
            .map { it.jsonObject }
        // Most cases only wait; this many do so at the same time.
        val places = Semaphore(8)
        val scope = CoroutineScope(Dispatchers.Default + SupervisorJob())
        val complaints: List<Deferred<List<String>>> =
            cases.map { case -> scope.async { places.withPermit { Case(case).run() } } }
        val tests = cases.zip(complaints) { case, found ->
            dynamicTest(case.text("name")) { assertEquals(emptyList<String>(), runBlocking { found.await() }) }
        }
        val end = dynamicTest("every call completes once, and nothing is left of any") {
            assertTrue(cases.size > 100)
            assertEquals(0, Delivery.unclaimed.get())
            assertEquals(0, MatrixCapi.liveObjects)
        }
        return (tests + end).iterator()
    }
}

/** One case of the table; [run] says what does not hold. */
private class Case(private val case: JsonObject) {
    private val expect = case.getValue("expect").jsonObject
    private val complaints = mutableListOf<String>()

    suspend fun run(): List<String> {
        val replies = case.getValue("server")
        if (replies is JsonArray) {
            Script(replies).use { run(it.url, it) }
        } else {
            ClosedPort().use { run(it.url, null) }
        }
        return complaints
    }

    private suspend fun run(base: String, script: Script?) {
        val url = base + (case["base_path"]?.jsonPrimitive?.content ?: "")
        MatrixClient(url, options()).use { client ->
            check(runCatching { outcome(client, script) })
            val left = expect["closed_early"]?.jsonPrimitive?.int
            if (left != null && script != null && !script.waitUntil { it.closedEarly == left }) {
                complaints += "closed_early is ${script.state().closedEarly}, not $left"
            }
        }
        if (script != null) check(script.state())
    }

    private suspend fun outcome(client: MatrixClient, script: Script?): Outcome {
        val call = case.getValue("call").jsonObject
        val operation = call.text("operation")
        val waiting = Call()
        val send: suspend () -> Outcome = {
            when (val text = call["params_text"]) {
                null -> client.send(MatrixRequest.checkedWhenSent(operation, call.getValue("params").jsonObject), waiting)
                else -> client.call(operation, text.jsonPrimitive.content, waiting)
            }
        }
        val cancelAfter = case["cancel_after_ms"]?.jsonPrimitive?.long ?: return send()
        val running = CoroutineScope(Dispatchers.Default).async { send() }
        script?.waitForRequests(expect.getValue("requests").jsonPrimitive.int)
        delay(cancelAfter.milliseconds)
        running.cancel()
        running.join()
        // The cancelled coroutine has ended only now that the library's own result is there.
        return waiting.outcome.await()
    }

    private fun options() = ClientOptions().apply {
        for ((name, value) in case["options"]?.jsonObject.orEmpty()) {
            val number = value.jsonPrimitive.contentOrNull?.toLongOrNull() ?: 0
            when (name) {
                "timeout_ms" -> timeout = number.milliseconds
                "access_token" -> accessToken = value.jsonPrimitive.content
                "user_agent" -> userAgent = value.jsonPrimitive.content
                "max_retries" -> maxRetries = number.toInt()
                "retry_delay_ms" -> retryDelay = number.milliseconds
                "max_rate_limit_wait_ms" -> maxRateLimitWait = number.milliseconds
                "max_response_bytes" -> maxResponseBytes = number
                else -> error("no option $name")
            }
        }
    }

    /** Reads as an app does: the exception, or the answer. */
    private fun check(ended: Result<Outcome>) {
        val answer = ended.mapCatching { it.answer() }
        val failure = answer.exceptionOrNull()?.let { it as? MatrixException ?: throw it }
        val outcome = ended.getOrNull()
        check("status", JsonPrimitive(failure?.status ?: "MX_OK"))
        check("http_status", JsonPrimitive(failure?.httpStatus ?: outcome?.httpStatus))
        check("errcode", JsonPrimitive(failure?.errcode))
        check("retry_after_ms", JsonPrimitive(failure?.retryAfter?.inWholeMilliseconds ?: outcome?.retryAfterMs))
        check("json", JsonPrimitive(if (failure == null) outcome?.text() else failure.body))
        val json = if (failure == null) answer.getOrThrow() else failure.json
        for ((pointer, expected) in expect["strings"]?.jsonObject.orEmpty()) {
            val string = json?.string(pointer)
            if (string != expected.jsonPrimitive.contentOrNull) complaints += "$pointer is $string, not $expected"
        }
        val message = failure?.message ?: outcome?.message.orEmpty()
        texts("message_contains").filter { it !in message }.forEach { complaints += "the message lacks $it: $message" }
        texts("message_lacks").filter { it in message }.forEach { complaints += "the message contains $it: $message" }
    }

    private fun check(name: String, actual: JsonPrimitive) {
        val expected = expect[name] ?: return
        val holds =
            when {
                expected == JsonPrimitive("present") && name == "json" -> actual != JsonNull
                expected == JsonPrimitive("present") -> (actual.longOrNull ?: 0) > 0
                else -> actual == expected
            }
        if (!holds) complaints += "$name is $actual, not $expected"
    }

    private fun check(state: State) {
        val arrived = state.requests.size
        val count = expect["requests"]?.jsonPrimitive?.int
        if (count != null && count != arrived) complaints += "requests: $arrived, not $count"
        for (request in state.requests) {
            for ((name, value) in expect["request"]?.jsonObject.orEmpty()) {
                if (!holds(request, name, value)) complaints += "$name of the request must be $value: $request"
            }
        }
    }

    private fun holds(request: JsonObject, name: String, expected: JsonElement): Boolean {
        val headers = request.getValue("headers").jsonArray.map { pair ->
            pair.jsonArray[0].jsonPrimitive.content.lowercase() to pair.jsonArray[1].jsonPrimitive.content
        }
        return when (name) {
            "headers" -> expected.jsonObject.all { (header, value) -> header to value.jsonPrimitive.content in headers }
            "no_headers" -> expected.jsonArray.none { absent -> headers.any { it.first == absent.jsonPrimitive.content } }
            "json" -> runCatching { Json.parseToJsonElement(request.text("body")) }.getOrNull() == expected
            else -> request[name] == expected
        }
    }

    /** What a JSON pointer names; null if that is no string, or one that a C string, of which the table speaks, cannot be. */
    private fun JsonElement.string(pointer: String): String? {
        val names = pointer.split('/').drop(1).map { it.replace("~1", "/").replace("~0", "~") }
        val value = names.fold(this as JsonElement?) { parent, name ->
            when (parent) {
                is JsonArray -> name.toIntOrNull()?.let { parent.getOrNull(it) }
                is JsonObject -> parent[name]
                else -> null
            }
        }
        return (value as? JsonPrimitive)?.takeIf { it.isString }?.content?.takeIf { '\u0000' !in it }
    }

    private fun texts(name: String) = expect[name]?.jsonArray.orEmpty().map { it.jsonPrimitive.content }
}
