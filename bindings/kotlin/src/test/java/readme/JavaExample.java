package readme;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import matrix.capi.MatrixClient;
import matrix.capi.MatrixException;
import matrix.capi.PasswordReset;

public final class JavaExample {
    private JavaExample() {}

    /** Whether the password was changed: {@code confirmed} ends when the person says that they followed the link. */
    public static CompletableFuture<Boolean> resetPassword(
            MatrixClient client, String email, String newPassword, CompletableFuture<Void> confirmed) {
        PasswordReset reset = new PasswordReset(client, email);
        return reset.futures().send()
                .thenCompose(sent -> confirmed)
                .thenCompose(nothing -> reset.futures().finish(newPassword, true))
                .thenApply(changed -> true)
                .exceptionally(failure -> {
                    if (failure.getCause() instanceof MatrixException.Pending) return false;
                    throw new CompletionException(failure.getCause());
                })
                .whenComplete((changed, failure) -> reset.close());
    }
}
