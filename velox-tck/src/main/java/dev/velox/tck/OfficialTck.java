package dev.velox.tck;

import dev.velox.tck.Conformance.Check;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.reactivestreams.tck.SubscriberWhiteboxVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.SkipException;
import org.testng.annotations.Test;

/**
 * Runs the checks of the official kit without its runner: TestNG's annotation tells which methods
 * they are, and each is called on an instance of its own, so that a late signal of one rule can't
 * be counted against another.
 */
final class OfficialTck {

  private OfficialTck() {}

  /** The checks of an official class, without those that only say that they test nothing. */
  static List<Method> checksOf(Class<?> verification) {
    return Arrays.stream(verification.getMethods())
        .filter(method -> method.isAnnotationPresent(Test.class))
        .filter(method -> !method.getName().startsWith("untested_"))
        .sorted(Comparator.comparing(OfficialTck::order))
        .toList();
  }

  private static String order(Method method) {
    String name = method.getName();
    int spec = name.indexOf("_spec");
    return (spec < 0 ? "0" : name.substring(spec)) + name;
  }

  static TestEnvironment environment(Timing timing) {
    return environment(timing, timing.silence().toMillis());
  }

  private static TestEnvironment environment(Timing timing, long patience) {
    return new TestEnvironment(
        timing.signal().toMillis(), timing.silence().toMillis(), Math.max(1, patience));
  }

  /** Makes an instance of an official class for one attempt at one check. */
  interface Maker<V> {
    V make(TestEnvironment environment, long patience);
  }

  /** What is called before a check. */
  interface SetUp<V> {
    void run(V verification) throws Exception;
  }

  /**
   * A check as the kit runs it. Two faults of the official one are made good: an error that it
   * noted but forgot to look at still counts (without that, an empty publisher that never completes
   * passes §1.5), and the two rules for which it waits one fixed while, rather than up to a limit,
   * are asked again with more patience. A leak stays a leak, so that hides nothing.
   */
  static <V> Check check(Method method, Timing timing, Maker<V> maker, SetUp<V> setUp) {
    return () -> {
      long patience = timing.silence().toMillis();
      for (int attempt = 1; attempt < attempts(method); attempt++) {
        try {
          attempt(method, timing, patience, maker, setUp);
          return;
        } catch (AssertionError | SkipException notYet) {
          patience *= 4;
        }
      }
      attempt(method, timing, patience, maker, setUp);
    };
  }

  private static int attempts(Method method) {
    boolean collector = method.getName().startsWith("required_spec313");
    boolean onError = method.getName().contains("_spec309_request");
    return collector || onError ? 4 : 1;
  }

  private static <V> void attempt(
      Method method, Timing timing, long patience, Maker<V> maker, SetUp<V> setUp)
      throws Throwable {
    TestEnvironment environment = environment(timing, patience);
    V verification = maker.make(environment, patience);
    setUp.run(verification);
    call(method, verification);
    environment.verifyNoAsyncErrorsNoDelay();
  }

  static Check onSubscriber(
      Method method, Timing timing, Maker<? extends SubscriberWhiteboxVerification<?>> maker) {
    return () -> {
      List<SubscriberWhiteboxVerification<?>> made = new ArrayList<>();
      Maker<SubscriberWhiteboxVerification<?>> noted =
          (environment, patience) -> {
            SubscriberWhiteboxVerification<?> verification = maker.make(environment, patience);
            verification.startPublisherExecutorService();
            made.add(verification);
            return verification;
          };
      try {
        check(method, timing, noted, SubscriberWhiteboxVerification::setUp).run();
      } finally {
        made.forEach(SubscriberWhiteboxVerification::shutdownPublisherExecutorService);
      }
    };
  }

  private static void call(Method method, Object verification) throws Throwable {
    try {
      method.invoke(verification);
    } catch (InvocationTargetException thrown) {
      throw thrown.getCause() == null ? thrown : thrown.getCause();
    }
  }
}
