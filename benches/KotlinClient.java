import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import kotlin.coroutines.Continuation;
import kotlin.coroutines.CoroutineContext;
import kotlin.coroutines.EmptyCoroutineContext;
import kotlinx.serialization.json.JsonObject;
import matrix.capi.MatrixClient;

/**
 * The Kotlin binding under test: its suspending function, called as the Kotlin compiler would, so that no compiler is needed here.
 *
 * <p>java -cp ... KotlinClient.java URL REQUESTS IN_FLIGHT, which warms up with as many requests as it then measures.
 */
public final class KotlinClient {
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private KotlinClient() {}

    /** One caller: makes the next call when the one before has its answer. */
    private static final class Caller implements Continuation<JsonObject> {
        private final MatrixClient client;
        private final AtomicLong left;
        private final CountDownLatch done;

        Caller(MatrixClient client, AtomicLong left, CountDownLatch done) {
            this.client = client;
            this.left = left;
            this.done = done;
        }

        @Override
        public CoroutineContext getContext() {
            return EmptyCoroutineContext.INSTANCE;
        }

        @Override
        public void resumeWith(Object answer) {
            see(answer);
            next();
        }

        void next() {
            while (left.getAndDecrement() > 0) {
                Object answer = client.requestTokenToResetPasswordEmail(
                        "monkeys_are_GREAT.and-so-are-their-32", "alice@example.org", 1, null, null, null, this);
                if (answer == kotlin.coroutines.intrinsics.IntrinsicsKt.getCOROUTINE_SUSPENDED()) return;
                see(answer);
            }
            done.countDown();
        }

        private static void see(Object answer) {
            if (!(answer instanceof JsonObject) || !((JsonObject) answer).containsKey("sid")) {
                System.err.println(answer);
                System.exit(1);
            }
        }
    }

    private static void load(MatrixClient client, long requests, int inFlight) throws InterruptedException {
        AtomicLong left = new AtomicLong(requests);
        CountDownLatch done = new CountDownLatch(inFlight);
        for (int caller = 0; caller < inFlight; caller++) new Caller(client, left, done).next();
        done.await();
    }

    public static void main(String[] arguments) throws InterruptedException {
        long requests = Long.parseLong(arguments[1]);
        int inFlight = Integer.parseInt(arguments[2]);
        try (MatrixClient client = new MatrixClient(arguments[0])) {
            load(client, requests, inFlight);
            long wall = System.nanoTime();
            long cpu = SYSTEM.getProcessCpuTime();
            load(client, requests, inFlight);
            cpu = SYSTEM.getProcessCpuTime() - cpu;
            wall = System.nanoTime() - wall;
            System.out.printf(Locale.ROOT, "{\"requests\": %d, \"wall_s\": %.6f, \"user_s\": %.6f, \"sys_s\": 0}%n",
                    requests, wall / 1e9, cpu / 1e9);
        }
    }
}
