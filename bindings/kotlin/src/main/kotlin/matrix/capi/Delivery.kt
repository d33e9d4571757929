// Brings results to the coroutines that wait for them: one queue and one daemon thread for all clients of the process.
package matrix.capi

import com.sun.jna.Pointer
import com.sun.jna.ptr.PointerByReference
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.completeWith
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.withContext
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong
import kotlin.coroutines.resume

/** One call that waits for its result; [read] runs on the daemon thread, before the result is freed. */
internal class Call(private val read: (Pointer) -> Outcome = Outcome::read) {
    val outcome = CompletableDeferred<Outcome>()

    fun complete(result: Pointer) {
        outcome.completeWith(runCatching { read(result) })
    }
}

internal class Delivery private constructor(val queue: Pointer) {
    private val calls = ConcurrentHashMap<Long, Call>()
    private val thread = Thread(::drain, "matrix-capi").apply { isDaemon = true }

    @Volatile private var stopping = false

    /**
     * Starts a call and waits for its result. When the coroutine is cancelled, the call is cancelled at once, and the
     * coroutine ends when the library says that the request has ended.
     */
    suspend fun run(call: Call, cancel: (op: Long) -> Unit, submit: (userData: Pointer, op: LongArray) -> Int): Outcome {
        currentCoroutineContext().ensureActive()
        val op = submit(call, submit)
        try {
            suspendCancellableCoroutine<Unit> { waiting ->
                call.outcome.invokeOnCompletion { waiting.resume(Unit) }
                waiting.invokeOnCancellation { cancel(op) }
            }
        } catch (cancelled: CancellationException) {
            withContext(NonCancellable) { call.outcome.join() }
            throw cancelled
        }
        return call.outcome.await()
    }

    private fun submit(call: Call, submit: (userData: Pointer, op: LongArray) -> Int): Long {
        // A pointer may have 32 bits.
        val key = keys.incrementAndGet() and 0x7fff_ffff
        val op = LongArray(1)
        calls[key] = call
        var accepted = false
        try {
            checkAccepted(submit(Pointer.createConstant(key), op))
            accepted = true
        } finally {
            if (!accepted) calls.remove(key)
        }
        return op[0]
    }

    private fun drain() {
        val out = PointerByReference()
        // Clients are freed before this is told to stop, so what is still to come is in the queue.
        while (!stopping || calls.isNotEmpty()) {
            when (val status = Mx.mx_queue_next(queue, if (stopping) 100 else -1, out)) {
                MX_OK -> deliver(out.value)
                MX_ERR_TIMEOUT -> continue
                else -> return fail(status)
            }
        }
        synchronized(this) { Mx.mx_queue_free(queue) }
    }

    private fun deliver(result: Pointer) {
        try {
            calls.remove(Pointer.nativeValue(Mx.mx_result_user_data(result)))?.complete(result) ?: unclaimed.incrementAndGet()
        } finally {
            Mx.mx_result_free(result)
        }
    }

    private fun fail(status: Int) {
        val failure = refused(status, Mx.mx_refusal_message().text())
        calls.values.forEach { it.outcome.completeExceptionally(failure) }
    }

    private fun stop() {
        // Under the lock, so that the thread cannot free the queue before it has been woken.
        synchronized(this) {
            stopping = true
            Mx.mx_queue_wake(queue)
        }
        if (Thread.currentThread() != thread) joinUninterruptibly()
    }

    private fun joinUninterruptibly() {
        var interrupted = false
        while (true) {
            try {
                thread.join()
                break
            } catch (_: InterruptedException) {
                interrupted = true
            }
        }
        if (interrupted) Thread.currentThread().interrupt()
    }

    companion object {
        private val keys = AtomicLong()
        private var shared: Delivery? = null
        private var users = 0

        /** Results that no call waited for: 0, unless the library breaks its promise of exactly one. */
        val unclaimed = AtomicLong()

        /** The delivery that all clients share, started for the first of them. */
        @Synchronized
        fun acquire(): Delivery {
            val delivery = shared ?: start()
            shared = delivery
            users++
            return delivery
        }

        /** Gives it back; with the last client it ends, when every result has been delivered. */
        fun release() {
            val last =
                synchronized(this) {
                    users--
                    if (users > 0) null else shared.also { shared = null }
                }
            last?.stop()
        }

        private fun start(): Delivery {
            val out = PointerByReference()
            checkAccepted(Mx.mx_queue_new(out))
            return Delivery(out.value).also { it.thread.start() }
        }
    }
}
