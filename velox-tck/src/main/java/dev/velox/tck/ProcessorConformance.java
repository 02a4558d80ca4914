package dev.velox.tck;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.ForkJoinPool;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.FlowAdapters;
import org.reactivestreams.Processor;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.IdentityProcessorVerification;
import org.reactivestreams.tck.TestEnvironment;

/**
 * The rules for a processor that passes on what it gets: those of a publisher, those of a
 * subscriber, and those of being both.
 *
 * @param <T> the type of its elements
 */
public final class ProcessorConformance<T> extends Conformance<ProcessorConformance<T>> {

  private final IntFunction<? extends Processor<T, T>> processors;
  private final IntFunction<? extends T> elements;
  private @Nullable FanOut fanOut;
  private @Nullable Supplier<? extends Publisher<T>> failing;
  private @Nullable String cannotFail;

  private ProcessorConformance(
      String subject,
      IntFunction<? extends Processor<T, T>> processors,
      IntFunction<? extends T> elements) {
    super(subject);
    this.processors = processors;
    this.elements = elements;
  }

  /**
   * A processor.
   *
   * @param <T> the type of its elements
   * @param name its name in tests and report
   * @param processors makes one that can buffer so many elements
   * @param elements makes the elements that it is fed with, each unequal to every other
   * @return the rules, to be told the capabilities
   */
  public static <T> ProcessorConformance<T> of(
      String name,
      IntFunction<? extends Processor<T, T>> processors,
      IntFunction<? extends T> elements) {
    Objects.requireNonNull(processors, "processors must not be null");
    Objects.requireNonNull(elements, "elements must not be null");
    return new ProcessorConformance<>(name, processors, elements);
  }

  /**
   * A processor of the JDK.
   *
   * @param <T> the type of its elements
   * @param name its name in tests and report
   * @param processors makes one that can buffer so many elements
   * @param elements makes the elements that it is fed with, each unequal to every other
   * @return the rules, to be told the capabilities
   */
  public static <T> ProcessorConformance<T> ofFlow(
      String name,
      IntFunction<? extends Flow.Processor<T, T>> processors,
      IntFunction<? extends T> elements) {
    Objects.requireNonNull(processors, "processors must not be null");
    return of(name, size -> FlowAdapters.toProcessor(processors.apply(size)), elements);
  }

  /**
   * Declares what several subscribers to one instance see.
   *
   * @param fanOut the fan-out
   * @return this
   */
  public ProcessorConformance<T> fanOut(FanOut fanOut) {
    this.fanOut = Objects.requireNonNull(fanOut, "fanOut must not be null");
    return this;
  }

  /**
   * Declares what it is like once it has failed.
   *
   * @param failed makes one that signals {@code onError} to each subscriber, and no element
   * @return this
   */
  public ProcessorConformance<T> failing(Supplier<? extends Publisher<T>> failed) {
    this.failing = Objects.requireNonNull(failed, "failed must not be null");
    return this;
  }

  /**
   * Declares that no failed one can be made.
   *
   * @param reason why not, for the report
   * @return this
   */
  public ProcessorConformance<T> cannotFail(String reason) {
    this.cannotFail = Objects.requireNonNull(reason, "reason must not be null");
    return this;
  }

  @Override
  ProcessorConformance<T> self() {
    return this;
  }

  @Override
  boolean promised(Rule rule) {
    return !rule.section().equals("§3.9");
  }

  private Capabilities capabilities() {
    if (fanOut == null || (failing == null && cannotFail == null)) {
      throw new IllegalStateException(subject() + " leaves open: fanOut, or failing or cannotFail");
    }
    return new Capabilities(
        Long.MAX_VALUE - 1,
        false,
        fanOut,
        true,
        failing != null ? "" : Objects.requireNonNull(cannotFail),
        "");
  }

  @Override
  List<Entry> catalogue() {
    Capabilities capabilities = capabilities();
    List<Entry> entries = new ArrayList<>();
    for (Method check : OfficialTck.checksOf(IdentityProcessorVerification.class)) {
      String reason = ruledOut(check.getName(), capabilities);
      Rule rule = Rule.of(check.getName(), Rule.Origin.TCK);
      if (check.getName().startsWith("mustImmediatelyPassOnOnError")) {
        rule = rule.in("§4.2");
      } else if (check.getName().startsWith("required_mustRequestFromUpstream")) {
        rule = rule.in("§2.1");
      }
      entries.add(
          reason == null
              ? Entry.applies(rule, onVerification(check))
              : Entry.ruledOut(rule, reason));
    }
    entries.addAll(new PublisherChecks<>(source(capabilities)).entries());
    entries.addAll(
        new SubscriberChecks<T>(
                timing, probe -> outsideOfATest().createSubscriber(probe), elements, null)
            .entries());
    return entries;
  }

  private PublisherSource<T> source(Capabilities capabilities) {
    return new PublisherSource<>() {
      @Override
      public Capabilities capabilities() {
        return capabilities;
      }

      @Override
      public Timing timing() {
        return timing;
      }

      @Override
      public Publisher<T> publisher(long count) {
        return outsideOfATest().createPublisher(count);
      }

      @Override
      public Publisher<T> failed() {
        return Objects.requireNonNull(failing).get();
      }
    };
  }

  /** For its way of making a publisher and a subscriber out of a processor. */
  private IdentityProcessorVerification<T> outsideOfATest() {
    return verification(
        OfficialTck.environment(timing), ForkJoinPool.commonPool(), timing.silence().toMillis());
  }

  private static @Nullable String ruledOut(String check, Capabilities capabilities) {
    if (PublisherNeeds.knows(check)) {
      return PublisherNeeds.of(check).ruledOutBy(capabilities);
    }
    boolean forTwo =
        check.startsWith("required_spec104_mustCallOnErrorOnAllItsSubscribers")
            || check.startsWith("required_mustRequestFromUpstream");
    return forTwo && !PublisherNeeds.SHARED.contains(capabilities.fanOut())
        ? "needs LOCK_STEP or MULTICAST, and it is " + capabilities.fanOut()
        : null;
  }

  private Check onVerification(Method check) {
    return () -> {
      ExecutorService feeders = Executors.newFixedThreadPool(4);
      try {
        OfficialTck.check(
                check,
                timing,
                (environment, patience) -> verification(environment, feeders, patience),
                IdentityProcessorVerification::setUp)
            .run();
      } finally {
        feeders.shutdownNow();
      }
    };
  }

  private IdentityProcessorVerification<T> verification(
      TestEnvironment environment, ExecutorService feeders, long patience) {
    return new IdentityProcessorVerification<T>(environment, patience) {
      @Override
      public Processor<T, T> createIdentityProcessor(int bufferSize) {
        return processors.apply(bufferSize);
      }

      @Override
      public @Nullable Publisher<T> createFailedPublisher() {
        return failing == null ? null : failing.get();
      }

      @Override
      public long maxSupportedSubscribers() {
        return fanOut == FanOut.UNICAST ? 1 : Long.MAX_VALUE;
      }

      @Override
      public boolean doesCoordinatedEmission() {
        return fanOut == FanOut.LOCK_STEP;
      }

      @Override
      public ExecutorService publisherExecutorService() {
        return feeders;
      }

      @Override
      public T createElement(int element) {
        return elements.apply(element);
      }
    };
  }
}
