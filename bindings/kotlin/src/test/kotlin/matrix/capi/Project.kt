// Where the tests find the project's parts, and how they start its programs.
package matrix.capi

import java.io.File
import java.util.concurrent.TimeUnit

object Project {
    val root = File(System.getProperty("project.root")).canonicalFile

    /** The Python environment with Synapse, made at the first use. */
    val venvPython: String by lazy {
        val script = File(root, "tests/homeserver/venv.sh").path
        val maker = ProcessBuilder(script).redirectError(ProcessBuilder.Redirect.INHERIT).start()
        val printed = maker.inputStream.bufferedReader().readLines()
        check(maker.waitFor() == 0) { "venv.sh failed" }
        "${printed.last()}/bin/python"
    }

    val python: String = System.getenv("PYTHON") ?: "python3"
}

/** A program of the project that ends when its standard input is closed, at the latest with this JVM. */
class Child(vararg command: String) : AutoCloseable {
    private val process = ProcessBuilder(*command).redirectError(ProcessBuilder.Redirect.INHERIT).start()
    private val input = process.outputStream.bufferedWriter()
    private val output = process.inputStream.bufferedReader()

    fun readLine(): String = checkNotNull(output.readLine()) { "the program has ended" }

    fun writeLine(line: String) {
        input.write(line)
        input.newLine()
        input.flush()
    }

    override fun close() {
        input.close()
        check(process.waitFor(30, TimeUnit.SECONDS)) { "the program does not end" }
    }
}

class Ended(val code: Int, val output: String)

/** Runs a class of these tests in a JVM of its own, with what it needs besides the binding. */
fun runJvm(mainClass: String, classPath: String = testClassPath, options: List<String> = emptyList()): Ended {
    val java = File(System.getProperty("java.home"), "bin/java").path
    val process =
        ProcessBuilder(listOf(java) + options + listOf("-cp", classPath, mainClass))
            .redirectErrorStream(true)
            .start()
    process.outputStream.close()
    val output = process.inputStream.bufferedReader().readText()
    check(process.waitFor(60, TimeUnit.SECONDS)) { "$mainClass does not end" }
    return Ended(process.exitValue(), output)
}

val testClassPath: String = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
