// The functions of include/matrix_capi.h that this binding calls, by their own names.
package matrix.capi

import com.sun.jna.Native
import com.sun.jna.Pointer
import com.sun.jna.ptr.PointerByReference

/**
 * C's `bool` is a [Byte] here, since JNA takes a Boolean for 32 bits, and callbacks are never given: a thread of the
 * library's that enters the JVM leaks references and can crash it at its end.
 */
@Suppress("FunctionName", "ktlint:standard:function-naming")
internal object Mx {
    init {
        Native.register(Mx::class.java, LibraryFile.load())
        check(mx_abi_version() == ABI) {
            "libmatrix_capi has binary interface ${mx_abi_version()}, and this binding was made for $ABI"
        }
    }

    @JvmStatic external fun mx_abi_version(): Int

    @JvmStatic external fun mx_version(): Pointer

    @JvmStatic external fun mx_status_name(status: Int): Pointer

    @JvmStatic external fun mx_refusal_message(): Pointer

    @JvmStatic external fun mx_debug_live_objects(): Long

    @JvmStatic external fun mx_generate_client_secret(buffer: ByteArray, size: NativeSize): Int

    @JvmStatic external fun mx_result_status(result: Pointer): Int

    @JvmStatic external fun mx_result_user_data(result: Pointer): Pointer?

    @JvmStatic external fun mx_result_http_status(result: Pointer): Short

    @JvmStatic external fun mx_result_errcode(result: Pointer): Pointer?

    @JvmStatic external fun mx_result_message(result: Pointer): Pointer

    @JvmStatic external fun mx_result_retry_after_ms(result: Pointer, out: LongArray): Byte

    @JvmStatic external fun mx_result_body(result: Pointer, length: LongArray): Pointer?

    @JvmStatic external fun mx_result_value(result: Pointer, jsonPointer: ByteArray): Pointer?

    @JvmStatic external fun mx_result_header(result: Pointer, name: ByteArray): Pointer?

    @JvmStatic external fun mx_result_string(result: Pointer, jsonPointer: ByteArray): Pointer?

    @JvmStatic external fun mx_result_free(result: Pointer?)

    @JvmStatic external fun mx_queue_new(out: PointerByReference): Int

    @JvmStatic external fun mx_queue_next(queue: Pointer, timeoutMs: Long, out: PointerByReference): Int

    @JvmStatic external fun mx_queue_wake(queue: Pointer): Int

    @JvmStatic external fun mx_queue_free(queue: Pointer?)

    @JvmStatic external fun mx_client_options_new(out: PointerByReference): Int

    @JvmStatic external fun mx_client_options_set_timeout_ms(options: Pointer, value: Int): Int

    @JvmStatic external fun mx_client_options_set_connect_timeout_ms(options: Pointer, value: Int): Int

    @JvmStatic external fun mx_client_options_set_user_agent(options: Pointer, value: ByteArray): Int

    @JvmStatic external fun mx_client_options_set_access_token(options: Pointer, value: ByteArray): Int

    @JvmStatic external fun mx_client_options_set_proxy(options: Pointer, value: ByteArray): Int

    @JvmStatic external fun mx_client_options_add_root_pem(options: Pointer, value: ByteArray): Int

    @JvmStatic external fun mx_client_options_set_bundled_roots(options: Pointer, value: Byte): Int

    @JvmStatic external fun mx_client_options_set_max_retries(options: Pointer, value: Int): Int

    @JvmStatic external fun mx_client_options_set_retry_delay_ms(options: Pointer, value: Int): Int

    @JvmStatic external fun mx_client_options_set_max_rate_limit_wait_ms(options: Pointer, value: Int): Int

    @JvmStatic external fun mx_client_options_set_max_response_bytes(options: Pointer, value: Int): Int

    @JvmStatic external fun mx_client_options_set_max_idle_connections(options: Pointer, value: Int): Int

    @JvmStatic external fun mx_client_options_set_idle_timeout_ms(options: Pointer, value: Int): Int

    @JvmStatic external fun mx_client_options_set_allow_plain_http(options: Pointer, value: Byte): Int

    @JvmStatic external fun mx_client_options_set_queue(options: Pointer, queue: Pointer): Int

    @JvmStatic external fun mx_client_options_free(options: Pointer?)

    @JvmStatic external fun mx_client_new(
        homeserverUrl: ByteArray,
        options: Pointer,
        out: PointerByReference,
        error: PointerByReference,
    ): Int

    @JvmStatic external fun mx_client_new_for_discovery(
        options: Pointer,
        out: PointerByReference,
        error: PointerByReference,
    ): Int

    @JvmStatic external fun mx_client_set_access_token(client: Pointer, accessToken: ByteArray?): Int

    @JvmStatic external fun mx_client_cancel(client: Pointer, op: Long): Int

    @JvmStatic external fun mx_client_free(client: Pointer?)

    @JvmStatic external fun mx_call(
        client: Pointer,
        operationId: ByteArray,
        paramsJson: ByteArray,
        callback: Pointer?,
        userData: Pointer,
        op: LongArray,
    ): Int

    @JvmStatic external fun mx_request_new(operationId: ByteArray, out: PointerByReference): Int

    @JvmStatic external fun mx_request_new_custom(method: ByteArray, path: ByteArray, out: PointerByReference): Int

    @JvmStatic external fun mx_request_set_string(request: Pointer, name: ByteArray, value: ByteArray?): Int

    @JvmStatic external fun mx_request_set_json(request: Pointer, name: ByteArray, json: ByteArray): Int

    @JvmStatic external fun mx_request_set_timeout_ms(request: Pointer, value: Int): Int

    @JvmStatic external fun mx_client_send(
        client: Pointer,
        request: Pointer,
        callback: Pointer?,
        userData: Pointer,
        op: LongArray,
    ): Int

    @JvmStatic external fun mx_request_url(client: Pointer, request: Pointer, out: PointerByReference): Int

    @JvmStatic external fun mx_request_free(request: Pointer?)

    @JvmStatic external fun mx_discover(
        client: Pointer,
        server: ByteArray,
        callback: Pointer?,
        userData: Pointer,
        op: LongArray,
    ): Int

    @JvmStatic external fun mx_submit_token(
        client: Pointer,
        submitUrl: ByteArray,
        sid: ByteArray,
        clientSecret: ByteArray,
        token: ByteArray,
        callback: Pointer?,
        userData: Pointer,
        op: LongArray,
    ): Int

    @JvmStatic external fun mx_password_reset_new(
        client: Pointer,
        email: ByteArray,
        nextLink: ByteArray?,
        out: PointerByReference,
    ): Int

    @JvmStatic external fun mx_password_reset_send(
        reset: Pointer,
        callback: Pointer?,
        userData: Pointer,
        op: LongArray,
    ): Int

    @JvmStatic external fun mx_password_reset_submit_token(
        reset: Pointer,
        token: ByteArray,
        callback: Pointer?,
        userData: Pointer,
        op: LongArray,
    ): Int

    @JvmStatic external fun mx_password_reset_finish(
        reset: Pointer,
        newPassword: ByteArray,
        logoutDevices: Byte,
        waitMs: Long,
        callback: Pointer?,
        userData: Pointer,
        op: LongArray,
    ): Int

    @JvmStatic external fun mx_password_reset_stage(reset: Pointer): Int

    @JvmStatic external fun mx_password_reset_save(reset: Pointer, out: PointerByReference): Int

    @JvmStatic external fun mx_password_reset_restore(
        client: Pointer,
        saved: ByteArray,
        out: PointerByReference,
        error: PointerByReference,
    ): Int

    @JvmStatic external fun mx_password_reset_free(reset: Pointer?)
}
