// The native library is found where it may lie, with the finished jar.
package matrix.capi

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Tag
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.util.zip.ZipFile
import java.util.zip.ZipOutputStream

@Tag("jar")
class LibraryFileTest {
    @TempDir
    lateinit var folder: File

    private val jar = File(System.getProperty("packaged.jar"))
    private val library = File(System.getProperty("native.directory"), System.mapLibraryName("matrix_capi")).canonicalFile

    @Test
    fun `it is found in the jar`() = assertFound(run(jar)) { it != library.path }

    @Test
    fun `it is found on java-library-path, before the jar`() {
        val file = library.copyTo(File(folder, library.name))
        assertFound(run(jar, "-Djava.library.path=/nowhere:$folder")) { it == file.canonicalPath }
    }

    @Test
    fun `it is found by the system property, before java-library-path`() {
        val file = library.copyTo(File(folder, "any-name.so"))
        val ended = run(jar, "-Djava.library.path=${library.parent}", "-Dmatrix.capi.library=$file")
        assertFound(ended) { it == file.canonicalPath }
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
        assertFound(run(withoutLibrary(), "-Djna.library.path=${library.parent}")) { it == library.path }
    }

    private fun assertFound(ended: Ended, expected: (String) -> Boolean) {
        assertEquals(0, ended.code, ended.output)
        val (version, path) = ended.output.trim().lines()
        assertEquals(MatrixCapi.version, version)
        assertTrue(expected(path), path)
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
                    written.putNextEntry(java.util.zip.ZipEntry(entry.name))
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
        // JNA unlinks what it unpacked, and the kernel then says so behind the name.
        val mapped = File("/proc/self/maps").readLines().last { "matrix_capi" in it || "any-name" in it || "/jna" in it && ".tmp" in it }
        println(mapped.substring(mapped.indexOf('/')))
    }
}
