// What only a process of its own can show: flat memory, and an end with calls in flight.
package matrix.capi

import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.GlobalScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File

class ProcessTest {
    @Test
    fun `10,000 calls one after another leave memory flat`() {
        // A heap of one size that is all in memory from the start: what grows is native, or a leak.
        val heap = listOf("-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC")
        Script("""[{"json": {"versions": ["v1.15"]}}]""").use { script ->
            val ended = runJvm("matrix.capi.ManyCalls", options = heap + "-Dscript=${script.url}")
            assertEquals(0, ended.code, ended.output)
            val (grown, live) = ended.output.trim().lines().last().split(" ").map { it.toLong() }
            println("memory grew by $grown KiB over 10,000 calls")
            assertTrue(grown < 5 * 1024, "memory grew by $grown KiB")
            assertEquals(0, live)
        }
    }

    @Test
    fun `a process may end with calls in flight`() {
        Script("""[{"hang": true}]""").use { script ->
            val ended = runJvm("matrix.capi.EndsInFlight", options = listOf("-Dscript=${script.url}"))
            assertEquals(0, ended.code, ended.output)
            assertEquals("", ended.output)
            assertEquals(100, script.state().requests.size)
        }
    }
}

object ManyCalls {
    @JvmStatic
    fun main(args: Array<String>) = runBlocking {
        lateinit var grown: Number
        MatrixClient(System.getProperty("script")).use { client ->
            repeat(20_000) { client.getVersions() }
            val before = residentKiB()
            repeat(10_000) { client.getVersions() }
            grown = residentKiB() - before
        }
        println("$grown ${MatrixCapi.liveObjects}")
    }

    private fun residentKiB(): Long {
        System.gc()
        val line = File("/proc/self/status").readLines().first { it.startsWith("VmRSS:") }
        return line.filter { it.isDigit() }.toLong()
    }
}

object EndsInFlight {
    @OptIn(DelicateCoroutinesApi::class)
    @JvmStatic
    fun main(args: Array<String>) = runBlocking {
        val client = MatrixClient(System.getProperty("script"))
        repeat(100) { GlobalScope.launch { client.getVersions() } }
        delay(1000)
    }
}
