// Every operation of the library's table as a function that gives Java a CompletableFuture.
// Generated from the library's own tables by bindings/generate; do not edit.
package matrix.capi

import kotlinx.serialization.json.JsonObject
import java.util.concurrent.CompletableFuture

/** [Operations] for Java. An optional parameter that is null is left out, as are those at the end that are not given. */
public abstract class FutureOperations internal constructor() {
    /** See [Operations.call]. */
    public abstract fun call(operationId: String, params: Map<String, Any?>): CompletableFuture<JsonObject>

    /** `GET /.well-known/matrix/client` */
    public fun getWellknown(): CompletableFuture<JsonObject> =
        call("getWellknown", emptyMap())

    /** `GET /_matrix/client/versions` */
    public fun getVersions(): CompletableFuture<JsonObject> =
        call("getVersions", emptyMap())

    /** `GET /_matrix/client/v1/auth_metadata` */
    public fun getAuthMetadata(): CompletableFuture<JsonObject> =
        call("getAuthMetadata", emptyMap())

    /** `GET /_matrix/client/v3/capabilities` */
    public fun getCapabilities(): CompletableFuture<JsonObject> =
        call("getCapabilities", emptyMap())

    /** `GET /_matrix/client/v3/login` */
    public fun getLoginFlows(): CompletableFuture<JsonObject> =
        call("getLoginFlows", emptyMap())

    /** `POST /_matrix/client/v3/login` */
    @JvmOverloads
    public fun login(
        type: String,
        identifier: Map<String, Any?>? = null,
        password: String? = null,
        token: String? = null,
        deviceId: String? = null,
        initialDeviceDisplayName: String? = null,
        refreshToken: Boolean? = null,
        user: String? = null,
        medium: String? = null,
        address: String? = null,
    ): CompletableFuture<JsonObject> =
        call(
            "login",
            given(
                "type" to type,
                "identifier" to identifier,
                "password" to password,
                "token" to token,
                "device_id" to deviceId,
                "initial_device_display_name" to initialDeviceDisplayName,
                "refresh_token" to refreshToken,
                "user" to user,
                "medium" to medium,
                "address" to address,
            ),
        )

    /** `POST /_matrix/client/v3/logout` */
    public fun logout(): CompletableFuture<JsonObject> =
        call("logout", emptyMap())

    /** `GET /_matrix/client/v3/account/whoami` */
    public fun getTokenOwner(): CompletableFuture<JsonObject> =
        call("getTokenOwner", emptyMap())

    /** `GET /_matrix/client/v3/register/available` */
    public fun checkUsernameAvailability(
        username: String,
    ): CompletableFuture<JsonObject> =
        call(
            "checkUsernameAvailability",
            given(
                "username" to username,
            ),
        )

    /** `POST /_matrix/client/v3/register` */
    @JvmOverloads
    public fun register(
        kind: String? = null,
        auth: Map<String, Any?>? = null,
        deviceId: String? = null,
        inhibitLogin: Boolean? = null,
        initialDeviceDisplayName: String? = null,
        password: String? = null,
        refreshToken: Boolean? = null,
        username: String? = null,
    ): CompletableFuture<JsonObject> =
        call(
            "register",
            given(
                "kind" to kind,
                "auth" to auth,
                "device_id" to deviceId,
                "inhibit_login" to inhibitLogin,
                "initial_device_display_name" to initialDeviceDisplayName,
                "password" to password,
                "refresh_token" to refreshToken,
                "username" to username,
            ),
        )

    /** `POST /_matrix/client/v3/register/email/requestToken` */
    @JvmOverloads
    public fun requestTokenToRegisterEmail(
        clientSecret: String,
        email: String,
        sendAttempt: Long,
        nextLink: String? = null,
        idAccessToken: String? = null,
        idServer: String? = null,
    ): CompletableFuture<JsonObject> =
        call(
            "requestTokenToRegisterEmail",
            given(
                "client_secret" to clientSecret,
                "email" to email,
                "send_attempt" to sendAttempt,
                "next_link" to nextLink,
                "id_access_token" to idAccessToken,
                "id_server" to idServer,
            ),
        )

    /** `POST /_matrix/client/v3/register/msisdn/requestToken` */
    @JvmOverloads
    public fun requestTokenToRegisterMSISDN(
        clientSecret: String,
        country: String,
        phoneNumber: String,
        sendAttempt: Long,
        nextLink: String? = null,
        idAccessToken: String? = null,
        idServer: String? = null,
    ): CompletableFuture<JsonObject> =
        call(
            "requestTokenToRegisterMSISDN",
            given(
                "client_secret" to clientSecret,
                "country" to country,
                "phone_number" to phoneNumber,
                "send_attempt" to sendAttempt,
                "next_link" to nextLink,
                "id_access_token" to idAccessToken,
                "id_server" to idServer,
            ),
        )

    /** `POST /_matrix/client/v3/account/password/email/requestToken` */
    @JvmOverloads
    public fun requestTokenToResetPasswordEmail(
        clientSecret: String,
        email: String,
        sendAttempt: Long,
        nextLink: String? = null,
        idAccessToken: String? = null,
        idServer: String? = null,
    ): CompletableFuture<JsonObject> =
        call(
            "requestTokenToResetPasswordEmail",
            given(
                "client_secret" to clientSecret,
                "email" to email,
                "send_attempt" to sendAttempt,
                "next_link" to nextLink,
                "id_access_token" to idAccessToken,
                "id_server" to idServer,
            ),
        )

    /** `POST /_matrix/client/v3/account/password/msisdn/requestToken` */
    @JvmOverloads
    public fun requestTokenToResetPasswordMSISDN(
        clientSecret: String,
        country: String,
        phoneNumber: String,
        sendAttempt: Long,
        nextLink: String? = null,
        idAccessToken: String? = null,
        idServer: String? = null,
    ): CompletableFuture<JsonObject> =
        call(
            "requestTokenToResetPasswordMSISDN",
            given(
                "client_secret" to clientSecret,
                "country" to country,
                "phone_number" to phoneNumber,
                "send_attempt" to sendAttempt,
                "next_link" to nextLink,
                "id_access_token" to idAccessToken,
                "id_server" to idServer,
            ),
        )

    /** `POST /_matrix/client/v3/account/3pid/email/requestToken` */
    @JvmOverloads
    public fun requestTokenTo3PIDEmail(
        clientSecret: String,
        email: String,
        sendAttempt: Long,
        nextLink: String? = null,
        idAccessToken: String? = null,
        idServer: String? = null,
    ): CompletableFuture<JsonObject> =
        call(
            "requestTokenTo3PIDEmail",
            given(
                "client_secret" to clientSecret,
                "email" to email,
                "send_attempt" to sendAttempt,
                "next_link" to nextLink,
                "id_access_token" to idAccessToken,
                "id_server" to idServer,
            ),
        )

    /** `POST /_matrix/client/v3/account/3pid/msisdn/requestToken` */
    @JvmOverloads
    public fun requestTokenTo3PIDMSISDN(
        clientSecret: String,
        country: String,
        phoneNumber: String,
        sendAttempt: Long,
        nextLink: String? = null,
        idAccessToken: String? = null,
        idServer: String? = null,
    ): CompletableFuture<JsonObject> =
        call(
            "requestTokenTo3PIDMSISDN",
            given(
                "client_secret" to clientSecret,
                "country" to country,
                "phone_number" to phoneNumber,
                "send_attempt" to sendAttempt,
                "next_link" to nextLink,
                "id_access_token" to idAccessToken,
                "id_server" to idServer,
            ),
        )

    /** `POST /_matrix/client/v3/account/password` */
    @JvmOverloads
    public fun changePassword(
        newPassword: String,
        logoutDevices: Boolean? = null,
        auth: Map<String, Any?>? = null,
    ): CompletableFuture<JsonObject> =
        call(
            "changePassword",
            given(
                "new_password" to newPassword,
                "logout_devices" to logoutDevices,
                "auth" to auth,
            ),
        )

    /** `POST /_matrix/client/v3/account/deactivate` */
    @JvmOverloads
    public fun deactivateAccount(
        auth: Map<String, Any?>? = null,
        erase: Boolean? = null,
        idServer: String? = null,
    ): CompletableFuture<JsonObject> =
        call(
            "deactivateAccount",
            given(
                "auth" to auth,
                "erase" to erase,
                "id_server" to idServer,
            ),
        )

    /** `GET /_matrix/client/v3/account/3pid` */
    public fun getAccount3PIDs(): CompletableFuture<JsonObject> =
        call("getAccount3PIDs", emptyMap())

    /** `POST /_matrix/client/v3/account/3pid/add` */
    @JvmOverloads
    public fun add3PID(
        clientSecret: String,
        sid: String,
        auth: Map<String, Any?>? = null,
    ): CompletableFuture<JsonObject> =
        call(
            "add3PID",
            given(
                "auth" to auth,
                "client_secret" to clientSecret,
                "sid" to sid,
            ),
        )

    /** `POST /_matrix/client/v3/account/3pid/bind` */
    public fun bind3PID(
        clientSecret: String,
        idAccessToken: String,
        idServer: String,
        sid: String,
    ): CompletableFuture<JsonObject> =
        call(
            "bind3PID",
            given(
                "client_secret" to clientSecret,
                "id_access_token" to idAccessToken,
                "id_server" to idServer,
                "sid" to sid,
            ),
        )

    /** `POST /_matrix/client/v3/account/3pid/unbind` */
    @JvmOverloads
    public fun unbind3pidFromAccount(
        address: String,
        medium: String,
        idServer: String? = null,
    ): CompletableFuture<JsonObject> =
        call(
            "unbind3pidFromAccount",
            given(
                "address" to address,
                "id_server" to idServer,
                "medium" to medium,
            ),
        )

    /** `POST /_matrix/client/v3/account/3pid/delete` */
    @JvmOverloads
    public fun delete3pidFromAccount(
        address: String,
        medium: String,
        idServer: String? = null,
    ): CompletableFuture<JsonObject> =
        call(
            "delete3pidFromAccount",
            given(
                "address" to address,
                "id_server" to idServer,
                "medium" to medium,
            ),
        )

}
