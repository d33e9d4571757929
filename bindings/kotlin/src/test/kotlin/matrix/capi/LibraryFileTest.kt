// The native library is found where it may lie, with the finished jar.
package matrix.capi

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Tag
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.util.zip.ZipEntry
import java.util.zip.ZipFile
import java.util.zip.ZipOutputStream

@Tag("jar")
class LibraryFileTest {
    @TempDir
    lateinit var folder: File

    private companion object {
        const val RENAMED = "any-name.so"
    }

    private val jar = File(System.getProperty("packaged.jar"))
    private val library = File(System.getProperty("packaged.library"), System.mapLibraryName("matrix_capi")).canonicalFile

    @Test
    fun `it is found in the jar`() = assertFound(run(jar), null)

    @Test
    fun `it is found on java-library-path, before the jar`() {
        val file = library.copyTo(File(folder, library.name))
        assertFound(run(jar, "-Djava.library.path=/nowhere:$folder"), file)
    }

    @Test
    fun `it is found by the system property, before java-library-path`() {
        val file = library.copyTo(File(folder, RENAMED))
        val ended = run(jar, "-Djava.library.path=${library.parent}", "-Dmatrix.capi.library=$file")
        assertFound(ended, file)
    }

    @Test
    fun `a system property that names nothing says so`() {
        val ended = run(jar, "-Dmatrix.capi.library=/nowhere/libmatrix_capi.so")
        assertNotEquals(0, ended.code)
        assertTrue("the system property matrix.capi.library names /nowhere/libmatrix_capi.so" in ended.output, ended.output)
    }

    @Test
    fun `without a library anywhere the error names it`() {
        val ended = run(withoutLibrary())
        assertNotEquals(0, ended.code)
        assertTrue("Unable to load library 'matrix_capi'" in ended.output, ended.output)
    }

    @Test
    fun `a jar without it finds it on jna-library-path, as on Android and for what the system has installed`() {
        assertFound(run(withoutLibrary(), "-Djna.library.path=${library.parent}"), library)
    }

    /** Where: the file that is mapped into the process, or null for one that JNA has unpacked. */
    private fun assertFound(ended: Ended, where: File?) {
        assertEquals(0, ended.code, ended.output)
        val (version, mapped) = ended.output.trim().lines()
        assertEquals(MatrixCapi.version, version)
        // JNA unpacks its own library, too, and unlinks both.
        val (unpacked, others) = mapped.split(File.pathSeparator).partition { "/jna" in it }
        assertEquals(if (where == null) 2 else 1, unpacked.size, mapped)
        val ours = others.filter { File(it).name in listOf(library.name, RENAMED) }
        assertEquals(listOfNotNull(where?.canonicalPath), ours)
    }

    /** The class path of an app: the jar, what it needs, and the app itself. */
    private fun run(jar: File, vararg options: String): Ended {
        val needed = testClassPath.split(File.pathSeparatorChar).filterNot { File(it).endsWith("target/classes") }
        val classPath = (listOf(jar.path) + needed).joinToString(File.pathSeparator)
        return runJvm("matrix.capi.SaysVersion", classPath, options.toList())
    }

    private fun withoutLibrary(): File {
        val copy = File(folder, "without.jar")
        ZipFile(jar).use { original ->
            ZipOutputStream(copy.outputStream()).use { written ->
                for (entry in original.entries().asSequence().filterNot { "libmatrix_capi" in it.name }) {
                    written.putNextEntry(ZipEntry(entry.name))
                    original.getInputStream(entry).copyTo(written)
                }
            }
        }
        return copy
    }
}

object SaysVersion {
    @JvmStatic
    fun main(args: Array<String>) {
        println(MatrixCapi.version)
        val files = File("/proc/self/maps").readLines().filter { '/' in it }.map { it.substring(it.indexOf('/')) }
        println(files.distinct().filter { it.endsWith(".so") || ".tmp" in it }.joinToString(File.pathSeparator))
    }
}
