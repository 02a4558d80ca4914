package dev.velox.tck;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.FlowAdapters;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;

/**
 * The rules for a publisher. Its capabilities are declared, not guessed: how many elements it
 * signals by the factory method, the rest by {@link #fanOut}, {@link #failing} or {@link
 * #cannotFail}, and {@link #empty} or {@link #cannotBeEmpty}; what is left open is an error.
 *
 * <p>The publishers are made anew for each rule. Those of {@link #of} are asked for up to {@link
 * Integer#MAX_VALUE} elements, so they must make them on demand.
 *
 * <pre>{@code
 * @TestFactory
 * Stream<DynamicNode> ranges() {
 *   return PublisherConformance.of("Flux.range", n -> Flux.range(0, (int) n))
 *       .fanOut(FanOut.MULTICAST)
 *       .cannotFail("a range has nothing that could fail")
 *       .tests();
 * }
 * }</pre>
 *
 * @param <T> the type of its elements
 */
public final class PublisherConformance<T> extends Conformance<PublisherConformance<T>> {

  private enum Cardinality {
    NONE,
    AT_MOST_ONE,
    MANY,
    ENDLESS
  }

  private final Cardinality cardinality;
  private final LongFunction<? extends Publisher<T>> publishers;
  private long mostElements;
  private @Nullable FanOut fanOut;
  private @Nullable Supplier<? extends Publisher<T>> failing;
  private boolean failsOnDemand;
  private @Nullable String cannotFail;
  private @Nullable Supplier<? extends Publisher<T>> empty;
  private @Nullable String cannotBeEmpty;
  private @Nullable Supplier<Waiting<T>> waiting;

  private PublisherConformance(
      String subject, Cardinality cardinality, LongFunction<? extends Publisher<T>> publishers) {
    super(subject);
    this.cardinality = cardinality;
    this.publishers = publishers;
    this.mostElements =
        switch (cardinality) {
          case NONE -> 0;
          case AT_MOST_ONE -> 1;
          case MANY -> Long.MAX_VALUE - 1;
          case ENDLESS -> Long.MAX_VALUE;
        };
  }

  /**
   * A publisher of any number of elements.
   *
   * @param <T> the type of the elements
   * @param name its name in tests and report
   * @param publishers makes one that signals so many elements, on demand, and completes
   * @return the rules, to be told the other capabilities
   */
  public static <T> PublisherConformance<T> of(
      String name, LongFunction<? extends Publisher<T>> publishers) {
    Objects.requireNonNull(publishers, "publishers must not be null");
    return new PublisherConformance<>(name, Cardinality.MANY, publishers);
  }

  /**
   * A publisher of at most one element, such as a {@code Mono}.
   *
   * @param <T> the type of the element
   * @param name its name in tests and report
   * @param publishers makes one that signals its element and completes
   * @return the rules, to be told the other capabilities
   */
  public static <T> PublisherConformance<T> single(
      String name, Supplier<? extends Publisher<T>> publishers) {
    Objects.requireNonNull(publishers, "publishers must not be null");
    return new PublisherConformance<>(name, Cardinality.AT_MOST_ONE, n -> publishers.get());
  }

  /**
   * A publisher that only ever completes or fails, such as a {@code Mono<Void>}.
   *
   * @param <T> the type of the element that never comes
   * @param name its name in tests and report
   * @param publishers makes one that completes
   * @return the rules, to be told the other capabilities
   */
  public static <T> PublisherConformance<T> completion(
      String name, Supplier<? extends Publisher<T>> publishers) {
    Objects.requireNonNull(publishers, "publishers must not be null");
    return new PublisherConformance<>(name, Cardinality.NONE, n -> publishers.get());
  }

  /**
   * A publisher that never completes.
   *
   * @param <T> the type of the elements
   * @param name its name in tests and report
   * @param publishers makes one that signals as many elements as are requested
   * @return the rules, to be told the other capabilities
   */
  public static <T> PublisherConformance<T> endless(
      String name, Supplier<? extends Publisher<T>> publishers) {
    Objects.requireNonNull(publishers, "publishers must not be null");
    return new PublisherConformance<>(name, Cardinality.ENDLESS, n -> publishers.get());
  }

  /**
   * A publisher of the JDK, of any number of elements.
   *
   * @param <T> the type of the elements
   * @param name its name in tests and report
   * @param publishers makes one that signals so many elements, on demand, and completes
   * @return the rules, to be told the other capabilities
   */
  public static <T> PublisherConformance<T> ofFlow(
      String name, LongFunction<? extends Flow.Publisher<T>> publishers) {
    Objects.requireNonNull(publishers, "publishers must not be null");
    return of(name, n -> FlowAdapters.toPublisher(publishers.apply(n)));
  }

  /**
   * A publisher of the JDK, of at most one element.
   *
   * @param <T> the type of the element
   * @param name its name in tests and report
   * @param publishers makes one that signals its element and completes
   * @return the rules, to be told the other capabilities
   */
  public static <T> PublisherConformance<T> singleFlow(
      String name, Supplier<? extends Flow.Publisher<T>> publishers) {
    Objects.requireNonNull(publishers, "publishers must not be null");
    return single(name, () -> FlowAdapters.toPublisher(publishers.get()));
  }

  /**
   * A publisher of the JDK that never completes.
   *
   * @param <T> the type of the elements
   * @param name its name in tests and report
   * @param publishers makes one that signals as many elements as are requested
   * @return the rules, to be told the other capabilities
   */
  public static <T> PublisherConformance<T> endlessFlow(
      String name, Supplier<? extends Flow.Publisher<T>> publishers) {
    Objects.requireNonNull(publishers, "publishers must not be null");
    return endless(name, () -> FlowAdapters.toPublisher(publishers.get()));
  }

  /**
   * Declares what several subscribers to one instance see.
   *
   * @param fanOut the fan-out
   * @return this
   */
  public PublisherConformance<T> fanOut(FanOut fanOut) {
    this.fanOut = Objects.requireNonNull(fanOut, "fanOut must not be null");
    return this;
  }

  /**
   * Declares that it can fail.
   *
   * @param failed makes one that signals {@code onError} to each subscriber, and no element
   * @return this
   */
  public PublisherConformance<T> failing(Supplier<? extends Publisher<T>> failed) {
    this.failing = Objects.requireNonNull(failed, "failed must not be null");
    return this;
  }

  /**
   * Declares that it can fail, but only once something was requested, since it does nothing before.
   * The official checks of §1.4 and §1.9 never request; the kit's own do.
   *
   * @param failed makes one that signals {@code onError} to each subscriber on its first request
   * @return this
   */
  public PublisherConformance<T> failingOnDemand(Supplier<? extends Publisher<T>> failed) {
    this.failsOnDemand = true;
    return failing(failed);
  }

  /**
   * Declares that it can fail, for a publisher of the JDK.
   *
   * @param failed makes one that signals {@code onError} to each subscriber, and no element
   * @return this
   */
  public PublisherConformance<T> failingFlow(Supplier<? extends Flow.Publisher<T>> failed) {
    Objects.requireNonNull(failed, "failed must not be null");
    return failing(() -> FlowAdapters.toPublisher(failed.get()));
  }

  /**
   * Declares that it can't fail.
   *
   * @param reason why not, for the report
   * @return this
   */
  public PublisherConformance<T> cannotFail(String reason) {
    this.cannotFail = reasonGiven(reason);
    return this;
  }

  /**
   * Declares that it can complete without an element. Needed for {@link #single} only: one of
   * {@link #of} is asked for no elements.
   *
   * @param empty makes one that completes without an element
   * @return this
   */
  public PublisherConformance<T> empty(Supplier<? extends Publisher<T>> empty) {
    this.empty = Objects.requireNonNull(empty, "empty must not be null");
    return this;
  }

  /**
   * Declares that it can't complete without an element.
   *
   * @param reason why not, for the report
   * @return this
   */
  public PublisherConformance<T> cannotBeEmpty(String reason) {
    this.cannotBeEmpty = reasonGiven(reason);
    return this;
  }

  /**
   * Declares that it can't signal more than so many elements, where it can't be made lazy. Rules
   * that need more don't apply then; the overflow of demand (§3.17) needs {@link
   * Integer#MAX_VALUE}.
   *
   * @param most the number of elements
   * @return this
   */
  public PublisherConformance<T> atMost(long most) {
    if (cardinality != Cardinality.MANY || most < 2) {
      throw new IllegalArgumentException(
          "a limit is for publishers of many elements and at least 2, but was " + most);
    }
    this.mostElements = most;
    return this;
  }

  /**
   * Declares that a subscriber may have to wait, and how; without it the rules on waiting
   * subscribers don't apply.
   *
   * @param waiting makes a publisher whose subscriber waits, and what releases it
   * @return this
   */
  public PublisherConformance<T> waiting(Supplier<Waiting<T>> waiting) {
    this.waiting = Objects.requireNonNull(waiting, "waiting must not be null");
    return this;
  }

  private static String reasonGiven(String reason) {
    if (reason.isBlank()) {
      throw new IllegalArgumentException("reason must say something");
    }
    return reason;
  }

  @Override
  PublisherConformance<T> self() {
    return this;
  }

  @Override
  boolean promised(Rule rule) {
    // The remaining optional rule, the message of §3.9, is a courtesy.
    return !rule.section().equals("§3.9");
  }

  private Capabilities capabilities() {
    List<String> open = new ArrayList<>();
    if (fanOut == null) {
      open.add("fanOut");
    }
    if (failing == null && cannotFail == null) {
      open.add("failing or cannotFail");
    }
    if (cardinality == Cardinality.AT_MOST_ONE && empty == null && cannotBeEmpty == null) {
      open.add("empty or cannotBeEmpty");
    }
    if (fanOut == null || !open.isEmpty()) {
      throw new IllegalStateException(subject() + " leaves open: " + String.join(", ", open));
    }
    return new Capabilities(
        mostElements,
        cardinality == Cardinality.ENDLESS,
        fanOut,
        !failsOnDemand,
        failing != null ? "" : Objects.requireNonNull(cannotFail),
        cannotBeEmpty == null ? "" : cannotBeEmpty);
  }

  @Override
  List<Entry> catalogue() {
    Capabilities capabilities = capabilities();
    List<Entry> entries = new ArrayList<>();
    for (Method check : OfficialTck.checksOf(PublisherVerification.class)) {
      Rule rule = Rule.of(check.getName(), Rule.Origin.TCK);
      String reason = PublisherNeeds.of(check.getName()).ruledOutBy(capabilities);
      if (reason == null && capabilities.endless() && PublisherNeeds.needsAnEnd(check.getName())) {
        reason = "requests for as long as elements come, and they never end; see the kit's own";
      }
      entries.add(
          reason == null ? Entry.applies(rule, official(check)) : Entry.ruledOut(rule, reason));
    }
    PublisherSource<T> source = source(capabilities);
    entries.addAll(new PublisherChecks<>(source).entries());
    if (mostElements <= 1) {
      entries.addAll(new SingleChecks<>(source).entries());
    }
    entries.addAll(new WaitingChecks<>(timing, waiting).entries());
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
      public Publisher<T> publisher(long elements) {
        return PublisherConformance.this.publisher(elements);
      }

      @Override
      public Publisher<T> failed() {
        return Objects.requireNonNull(failing).get();
      }
    };
  }

  private Publisher<T> publisher(long elements) {
    return elements == 0 && empty != null ? empty.get() : publishers.apply(elements);
  }

  private Check official(Method check) {
    return OfficialTck.check(check, timing, this::verification, PublisherVerification::setUp);
  }

  private PublisherVerification<T> verification(TestEnvironment environment, long patience) {
    return new PublisherVerification<T>(environment, patience) {
      @Override
      public Publisher<T> createPublisher(long elements) {
        return publisher(elements);
      }

      @Override
      public @Nullable Publisher<T> createFailedPublisher() {
        return failing == null ? null : failing.get();
      }

      @Override
      public long maxElementsFromPublisher() {
        return mostElements;
      }
    };
  }
}
