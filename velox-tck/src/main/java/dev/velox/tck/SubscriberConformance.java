package dev.velox.tck;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.FlowAdapters;
import org.reactivestreams.Subscriber;
import org.reactivestreams.tck.SubscriberWhiteboxVerification;
import org.reactivestreams.tck.SubscriberWhiteboxVerification.WhiteboxSubscriberProbe;
import org.reactivestreams.tck.TestEnvironment;

/**
 * The rules for a subscriber, seen from inside: it tells a probe what it got, and gives it a puppet
 * by which the test makes it request and cancel. The official black-box checks are left out: they
 * never signal an element.
 *
 * <pre>{@code
 * SubscriberConformance.<Integer>of(
 *     "BaseSubscriber",
 *     probe -> new BaseSubscriber<>() {
 *       @Override
 *       protected void hookOnSubscribe(Subscription s) {
 *         probe.registerOnSubscribe(puppet(this));
 *       }
 *       // and registerOnNext, registerOnError, registerOnComplete in the other hooks
 *     },
 *     n -> n)
 * }</pre>
 *
 * @param <T> the type of its elements
 */
public final class SubscriberConformance<T> extends Conformance<SubscriberConformance<T>> {

  private final Function<WhiteboxSubscriberProbe<T>, ? extends Subscriber<T>> subscribers;
  private final IntFunction<? extends T> elements;
  private @Nullable Function<WhiteboxSubscriberProbe<T>, ? extends Subscriber<T>> throwing;

  private SubscriberConformance(
      String subject,
      Function<WhiteboxSubscriberProbe<T>, ? extends Subscriber<T>> subscribers,
      IntFunction<? extends T> elements) {
    super(subject);
    this.subscribers = subscribers;
    this.elements = elements;
  }

  /**
   * A subscriber.
   *
   * @param <T> the type of its elements
   * @param name its name in tests and report
   * @param subscribers makes one that tells the probe each signal it gets
   * @param elements makes the elements that it is fed with, each unequal to every other
   * @return the rules
   */
  public static <T> SubscriberConformance<T> of(
      String name,
      Function<WhiteboxSubscriberProbe<T>, ? extends Subscriber<T>> subscribers,
      IntFunction<? extends T> elements) {
    Objects.requireNonNull(subscribers, "subscribers must not be null");
    Objects.requireNonNull(elements, "elements must not be null");
    return new SubscriberConformance<>(name, subscribers, elements);
  }

  /**
   * A subscriber of the JDK.
   *
   * @param <T> the type of its elements
   * @param name its name in tests and report
   * @param subscribers makes one that tells the probe each signal it gets
   * @param elements makes the elements that it is fed with, each unequal to every other
   * @return the rules
   */
  public static <T> SubscriberConformance<T> ofFlow(
      String name,
      Function<WhiteboxSubscriberProbe<T>, ? extends Flow.Subscriber<T>> subscribers,
      IntFunction<? extends T> elements) {
    Objects.requireNonNull(subscribers, "subscribers must not be null");
    return of(name, probe -> FlowAdapters.toSubscriber(subscribers.apply(probe)), elements);
  }

  /**
   * Declares what becomes of it when the user's code that it calls in {@code onNext} throws;
   * without it, the rule that it must cancel and return normally then (§2.13) does not apply.
   *
   * @param throwing makes one whose user code throws on the first element
   * @return this
   */
  public SubscriberConformance<T> whenUserCodeThrows(
      Function<WhiteboxSubscriberProbe<T>, ? extends Subscriber<T>> throwing) {
    this.throwing = Objects.requireNonNull(throwing, "throwing must not be null");
    return this;
  }

  @Override
  SubscriberConformance<T> self() {
    return this;
  }

  @Override
  boolean promised(Rule rule) {
    return false;
  }

  @Override
  List<Entry> catalogue() {
    List<Entry> entries = new ArrayList<>();
    for (Method check : OfficialTck.checksOf(SubscriberWhiteboxVerification.class)) {
      Rule rule = Rule.of(check.getName(), Rule.Origin.TCK);
      entries.add(Entry.applies(rule, OfficialTck.onSubscriber(check, timing, this::verification)));
    }
    entries.addAll(new SubscriberChecks<>(timing, subscribers, elements, throwing).entries());
    return entries;
  }

  private SubscriberWhiteboxVerification<T> verification(
      TestEnvironment environment, long patience) {
    return new SubscriberWhiteboxVerification<T>(environment) {
      @Override
      public Subscriber<T> createSubscriber(WhiteboxSubscriberProbe<T> probe) {
        return subscribers.apply(probe);
      }

      @Override
      public T createElement(int element) {
        return elements.apply(element);
      }
    };
  }
}
