// Keeps an object of the library's from being freed while a function uses it.
package matrix.capi

import com.sun.jna.Pointer
import java.util.concurrent.locks.ReentrantReadWriteLock
import kotlin.concurrent.read
import kotlin.concurrent.write

internal class Handle(private val name: String, pointer: Pointer, private val free: (Pointer) -> Unit) {
    private val lock = ReentrantReadWriteLock()
    private var pointer: Pointer? = pointer

    /** Runs a short native call with the object; calls of several threads run at once. */
    fun <T> use(block: (Pointer) -> T): T =
        useIfOpen(block = block, otherwise = { throw refused(MX_ERR_CLOSED, "the $name is closed") })

    fun <T> useIfOpen(block: (Pointer) -> T, otherwise: () -> T): T =
        lock.read { pointer.let { if (it == null) otherwise() else block(it) } }

    /** Frees the object; false if that was done before. */
    fun close(): Boolean =
        lock.write {
            val open = pointer ?: return false
            pointer = null
            free(open)
            true
        }
}
