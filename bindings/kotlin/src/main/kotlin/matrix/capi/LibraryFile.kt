// Finds the native library: by system property, on java.library.path, in the jar, or where the system keeps libraries.
package matrix.capi

import com.sun.jna.Native
import com.sun.jna.NativeLibrary
import java.io.File
import java.io.IOException

internal object LibraryFile {
    const val PROPERTY = "matrix.capi.library"
    private const val NAME = "matrix_capi"

    fun load(): NativeLibrary {
        val found = byProperty() ?: onLibraryPath() ?: inJar()
        return NativeLibrary.getInstance(found?.absolutePath ?: NAME)
    }

    private fun byProperty(): File? {
        val file = File(System.getProperty(PROPERTY) ?: return null)
        if (!file.isFile) throw UnsatisfiedLinkError("the system property $PROPERTY names $file, which is no file")
        return file
    }

    private fun onLibraryPath(): File? =
        System.getProperty("java.library.path").orEmpty()
            .split(File.pathSeparatorChar)
            .filter { it.isNotEmpty() }
            .map { File(it, System.mapLibraryName(NAME)) }
            .firstOrNull { it.isFile }

    /** What JNA unpacks from `linux-x86-64/libmatrix_capi.so` on the class path, or that file itself. */
    private fun inJar(): File? =
        try {
            Native.extractFromResourcePath(NAME, LibraryFile::class.java.classLoader)
        } catch (_: IOException) {
            null
        }
}
