package dev.velox.reactor.sync;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.concurrent.Queues;
import reactor.util.context.Context;

/**
 * The operator behind {@link Keyed#serially}.
 *
 * @param <T> the type of the elements
 * @param <K> the type of the keys
 * @param <R> the type of the results
 */
final class SeriallyFlux<T, K, R> extends FluxOperator<T, R> {

  private static final int PREFETCH = 32;

  private final Function<? super T, ? extends K> key;
  private final int concurrency;
  private final int window;
  private final Function<? super T, ? extends Publisher<? extends R>> work;

  private SeriallyFlux(
      Flux<T> source,
      Function<? super T, ? extends K> key,
      int concurrency,
      int window,
      Function<? super T, ? extends Publisher<? extends R>> work) {
    super(source);
    this.key = key;
    this.concurrency = concurrency;
    this.window = window;
    this.work = work;
  }

  static <T, K, R> Flux<R> of(
      Flux<T> source,
      Function<? super T, ? extends K> key,
      int concurrency,
      int window,
      Function<? super T, ? extends Publisher<? extends R>> work) {
    return onAssembly(new SeriallyFlux<>(source, key, concurrency, window, work));
  }

  @Override
  public void subscribe(CoreSubscriber<? super R> actual) {
    source.subscribe(new Coordinator<T, K, R>(this, actual));
  }

  @Override
  public int getPrefetch() {
    return window;
  }

  @Override
  public @Nullable Object scanUnsafe(Attr attribute) {
    return attribute == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : super.scanUnsafe(attribute);
  }

  /** The elements of one key that are taken and not finished, and the work on the first. */
  private static final class Lane<T, K, R> {
    final K key;

    // The first element waits here, so that a lane of one needs no queue.
    @Nullable T first;
    @Nullable ArrayDeque<T> more;
    @Nullable Work<T, K, R> running;

    Lane(K key) {
      this.key = key;
    }

    void add(T element) {
      if (first == null) {
        first = element;
        return;
      }
      if (more == null) {
        more = new ArrayDeque<>(4);
      }
      more.add(element);
    }

    boolean isEmpty() {
      return first == null;
    }

    T take() {
      T taken = Objects.requireNonNull(first, "nothing in the lane");
      first = more == null ? null : more.poll();
      return taken;
    }
  }

  /** One of many results on its way, with who made it and will be asked for more. */
  private record Result<T, K, R>(R value, Work<T, K, R> work) {}

  /**
   * One owner at a time: whoever raises {@code wip} from zero drains, and alone touches the lanes,
   * the line of those ready to work, and the subscriber; it ends only when it has brought {@code
   * wip} back to zero. Everybody else leaves word in a queue or a field before raising {@code wip}:
   *
   * <pre>
   *   elements   from the source
   *   results    from the work: results, and works that have completed, each after its last result;
   *              those of one key are in order, as one work ends before the next begins
   *   done, failure, cancelled, requested
   * </pre>
   *
   * <p>A work that has completed keeps its place until its results have been passed on. So a slow
   * subscriber slows the source down, and what is kept for it is bounded.
   *
   * <p>Work that is a {@link Callable} is called by the owner. If its result can be passed on at
   * once, as most can, its key needs no lane and nothing is subscribed.
   *
   * <p>The source is asked for more when a part of the window is free, not for each element:
   * elements asked for, taken and free are the window together, and the free ones fewer than both
   * {@code enough} and the window without {@code concurrency}. So the source can always send, and
   * there is always work for all who may work at once.
   *
   * <p>Work that completes while it is being subscribed finds {@code wip} raised, leaves word, and
   * returns; so no chain of such work deepens the stack.
   */
  private static final class Coordinator<T, K, R>
      implements CoreSubscriber<T>, Subscription, Scannable {

    @SuppressWarnings("rawtypes") // a class literal has no parameters
    private static final AtomicIntegerFieldUpdater<Coordinator> WIP =
        AtomicIntegerFieldUpdater.newUpdater(Coordinator.class, "wip");

    @SuppressWarnings("rawtypes")
    private static final AtomicLongFieldUpdater<Coordinator> REQUESTED =
        AtomicLongFieldUpdater.newUpdater(Coordinator.class, "requested");

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<Coordinator, Throwable> FAILURE =
        AtomicReferenceFieldUpdater.newUpdater(Coordinator.class, Throwable.class, "failure");

    private final SeriallyFlux<T, K, R> options;
    private final CoreSubscriber<? super R> actual;
    private final int enough;
    private final Queue<T> elements;
    private final Queue<Object> results = Queues.unboundedMultiproducer().get();

    @SuppressWarnings("NullAway.Init") // set by onSubscribe, before anything else can happen
    private Subscription upstream;

    @SuppressWarnings("UnusedVariable") // through WIP
    private volatile int wip;

    private volatile long requested;
    private volatile boolean done;
    private volatile @Nullable Throwable failure;
    private volatile boolean cancelled;

    // The owner's.
    private final Map<K, Lane<T, K, R>> lanes = new HashMap<>();
    private final ArrayDeque<Lane<T, K, R>> ready = new ArrayDeque<>();
    private int running;
    private int free;
    private long emitted;
    private boolean ended;

    Coordinator(SeriallyFlux<T, K, R> options, CoreSubscriber<? super R> actual) {
      this.options = options;
      this.actual = actual;
      this.elements = Queues.<T>get(options.window).get();
      this.enough =
          Math.max(1, Math.min(options.window >> 2, options.window - options.concurrency));
    }

    // The source.

    @Override
    public void onSubscribe(Subscription s) {
      if (Operators.validate(upstream, s)) {
        upstream = s;
        actual.onSubscribe(this);
        s.request(options.window == Integer.MAX_VALUE ? Long.MAX_VALUE : options.window);
      }
    }

    @Override
    public void onNext(T element) {
      if (done || cancelled) {
        if (done) {
          Operators.onNextDropped(element, currentContext());
        } else {
          Operators.onDiscard(element, currentContext());
        }
        return;
      }
      if (wip == 0 && WIP.compareAndSet(this, 0, 1)) {
        if (ended || cancelled || failure != null) {
          Operators.onDiscard(element, currentContext());
        } else {
          takeIn(element);
        }
        drainOwned();
        return;
      }
      if (!elements.offer(element)) {
        Operators.onDiscard(element, currentContext());
        fail(
            Operators.onOperatorError(
                upstream,
                Exceptions.failWithOverflow("The source sent more than it was asked for"),
                currentContext()));
        return;
      }
      drain();
    }

    @Override
    public void onError(Throwable error) {
      if (done) {
        Operators.onErrorDropped(error, currentContext());
        return;
      }
      done = true;
      fail(error);
    }

    @Override
    public void onComplete() {
      done = true;
      drain();
    }

    // The subscriber.

    @Override
    public void request(long n) {
      if (Operators.validate(n)) {
        Operators.addCap(REQUESTED, this, n);
        drain();
      }
    }

    @Override
    public void cancel() {
      if (!cancelled) {
        cancelled = true;
        upstream.cancel();
        drain();
      }
    }

    // The work.

    /** Takes a {@link Result}, or a {@link Work} that has completed. */
    void offer(Object result) {
      results.offer(result);
      drain();
    }

    void fail(Throwable error) {
      if (FAILURE.compareAndSet(this, null, error)) {
        drain();
      } else {
        Operators.onErrorDropped(error, currentContext());
      }
    }

    // The owner.

    private void drain() {
      if (WIP.getAndIncrement(this) == 0) {
        drainOwned();
      }
    }

    private void drainOwned() {
      int missed = 1;
      do {
        turn();
        missed = WIP.addAndGet(this, -missed);
      } while (missed != 0);
    }

    private void turn() {
      if (endIfDue()) {
        return;
      }
      while (!cancelled && failure == null) {
        T element = elements.poll();
        if (element == null) {
          break;
        }
        takeIn(element);
      }
      do {
        startWork();
      } while (passOn());
      if (free >= enough && options.window != Integer.MAX_VALUE) {
        int more = free;
        free = 0;
        upstream.request(more);
      }
      boolean ignored = endIfDue();
    }

    /** Works on a new element if it can begin now, else sorts it into the lane of its key. */
    private void takeIn(T element) {
      try {
        K key = Objects.requireNonNull(options.key.apply(element), "The key of an element is null");
        Lane<T, K, R> lane = lanes.get(key);
        if (lane == null && running < options.concurrency && ready.isEmpty()) {
          begin(key, null, element);
          return;
        }
        if (lane == null) {
          lane = newLane(key);
          ready.add(lane);
        }
        lane.add(element);
      } catch (Throwable error) {
        fail(Operators.onOperatorError(upstream, error, element, currentContext()));
      }
    }

    private Lane<T, K, R> newLane(K key) {
      Lane<T, K, R> lane = new Lane<>(key);
      lanes.put(key, lane);
      return lane;
    }

    private void startWork() {
      while (running < options.concurrency && !cancelled && failure == null) {
        Lane<T, K, R> lane = ready.poll();
        if (lane == null) {
          return;
        }
        T element = lane.take();
        try {
          begin(lane.key, lane, element);
        } catch (Throwable error) {
          fail(Operators.onOperatorError(upstream, error, element, currentContext()));
        }
      }
    }

    /** Without a lane its key has nothing else to do, and gets one only if the work takes time. */
    @SuppressWarnings("unchecked") // what a publisher of R calls is an R
    private void begin(K key, @Nullable Lane<T, K, R> lane, T element) throws Exception {
      Publisher<? extends R> publisher =
          Objects.requireNonNull(options.work.apply(element), "The work on an element is null");
      R value = null;
      boolean atOnce = publisher instanceof Callable<?>;
      if (atOnce) {
        value = ((Callable<? extends R>) publisher).call();
        if (value == null || (emitted != requested && results.isEmpty())) {
          free++;
          if (lane != null) {
            next(lane);
          }
          if (value != null) {
            emit(value);
          }
          return;
        }
      }
      Lane<T, K, R> own = lane == null ? newLane(key) : lane;
      Work<T, K, R> work = new Work<>(this, own, publisher instanceof Mono);
      own.running = work;
      running++;
      if (atOnce) {
        work.result = value;
        results.offer(work);
      } else {
        publisher.subscribe(work);
      }
    }

    private void emit(R value) {
      if (cancelled || failure != null) {
        Operators.onDiscard(value, currentContext());
      } else {
        emitted++;
        actual.onNext(value);
      }
    }

    /** Passes results on as far as they are asked for; answers whether work has gone by. */
    @SuppressWarnings("unchecked") // only these two kinds are offered
    private boolean passOn() {
      boolean gone = false;
      while (!cancelled && failure == null) {
        Object next = results.peek();
        if (next == null) {
          break;
        }
        Work<T, K, R> work = null;
        R value;
        if (next instanceof Work<?, ?, ?> completed) {
          work = (Work<T, K, R>) completed;
          value = work.result();
        } else {
          value = ((Result<T, K, R>) next).value();
        }
        if (value != null && emitted == requested) {
          break;
        }
        results.poll();
        if (work != null) {
          value = work.takeResult();
          work.lane.running = null;
          running--;
          next(work.lane);
          free++;
          gone = true;
        }
        if (value != null) {
          emit(value);
        }
        if (work == null) {
          ((Result<T, K, R>) next).work().replenish();
        }
      }
      return gone;
    }

    /** Its work is done: the next of its elements stands in line, or it goes. */
    private void next(Lane<T, K, R> lane) {
      if (lane.isEmpty()) {
        lanes.remove(lane.key);
      } else {
        ready.add(lane);
      }
    }

    private boolean endIfDue() {
      if (ended || cancelled || failure != null) {
        clear();
        Throwable error = failure;
        if (!ended && !cancelled && error != null) {
          ended = true;
          actual.onError(error);
        }
        ended = true;
        return true;
      }
      // In this order: nothing comes in after done, and lanes are freed after their results.
      if (done && elements.isEmpty() && lanes.isEmpty() && results.isEmpty()) {
        ended = true;
        actual.onComplete();
        return true;
      }
      return false;
    }

    private void clear() {
      if (!ended) {
        upstream.cancel();
      }
      Context context = currentContext();
      for (Lane<T, K, R> lane : lanes.values()) {
        Work<T, K, R> work = lane.running;
        if (work != null) {
          work.cancel();
        }
        while (!lane.isEmpty()) {
          Operators.onDiscard(lane.take(), context);
        }
      }
      lanes.clear();
      ready.clear();
      Operators.onDiscardQueueWithClear(elements, context, null);
      for (Object next = results.poll(); next != null; next = results.poll()) {
        Object value =
            next instanceof Work<?, ?, ?> work
                ? work.takeResult()
                : ((Result<?, ?, ?>) next).value();
        if (value != null) {
          Operators.onDiscard(value, context);
        }
      }
    }

    @Override
    public Context currentContext() {
      return actual.currentContext();
    }

    @Override
    public @Nullable Object scanUnsafe(Attr attribute) {
      if (attribute == Attr.PARENT) {
        return upstream;
      }
      if (attribute == Attr.ACTUAL) {
        return actual;
      }
      if (attribute == Attr.PREFETCH) {
        return options.window;
      }
      if (attribute == Attr.REQUESTED_FROM_DOWNSTREAM) {
        long asked = requested;
        return asked == Long.MAX_VALUE ? asked : asked - emitted;
      }
      if (attribute == Attr.CANCELLED) {
        return cancelled;
      }
      if (attribute == Attr.TERMINATED) {
        return done && failure == null && lanes.isEmpty();
      }
      if (attribute == Attr.ERROR) {
        return failure;
      }
      if (attribute == Attr.BUFFERED) {
        return elements.size();
      }
      return attribute == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
  }

  /** The work on one element. */
  private static final class Work<T, K, R> implements CoreSubscriber<R>, Scannable {

    @SuppressWarnings("rawtypes") // a class literal has no parameters
    private static final AtomicReferenceFieldUpdater<Work, Subscription> UPSTREAM =
        AtomicReferenceFieldUpdater.newUpdater(Work.class, Subscription.class, "upstream");

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<Work, Object> RESULT =
        AtomicReferenceFieldUpdater.newUpdater(Work.class, Object.class, "result");

    final Lane<T, K, R> lane;
    private final Coordinator<T, K, R> coordinator;
    private final boolean single;
    private volatile @Nullable Subscription upstream;
    private boolean done;
    private int passedOn;

    // What a Mono came to, until its completion takes it along or a cancellation discards it:
    // whoever takes it owns it.
    @SuppressWarnings("UnusedVariable") // through RESULT
    private volatile @Nullable Object result;

    Work(Coordinator<T, K, R> coordinator, Lane<T, K, R> lane, boolean single) {
      this.coordinator = coordinator;
      this.lane = lane;
      this.single = single;
    }

    @Override
    public void onSubscribe(Subscription s) {
      if (Operators.setOnce(UPSTREAM, this, s)) {
        s.request(single ? Long.MAX_VALUE : PREFETCH);
      }
    }

    @Override
    public void onNext(R value) {
      if (done || result != null) {
        Operators.onNextDropped(value, currentContext());
      } else if (single) {
        result = value;
        if (upstream == Operators.cancelledSubscription()) {
          discardResult();
        }
      } else {
        coordinator.offer(new Result<>(value, this));
      }
    }

    @Override
    public void onError(Throwable error) {
      if (done) {
        Operators.onErrorDropped(error, currentContext());
        return;
      }
      done = true;
      discardResult();
      coordinator.fail(error);
    }

    @Override
    public void onComplete() {
      if (!done) {
        done = true;
        coordinator.offer(this);
      }
    }

    /** One of its results has been passed on; the owner's. */
    void replenish() {
      if (single || done) {
        return;
      }
      passedOn++;
      if (passedOn == PREFETCH - (PREFETCH >> 2)) {
        passedOn = 0;
        Subscription s = upstream;
        if (s != null) {
          s.request(PREFETCH - (PREFETCH >> 2));
        }
      }
    }

    void cancel() {
      Operators.terminate(UPSTREAM, this);
      discardResult();
    }

    @SuppressWarnings("unchecked") // only onNext writes it
    @Nullable R result() {
      return (R) result;
    }

    @SuppressWarnings("unchecked") // only onNext writes it
    @Nullable R takeResult() {
      return result == null ? null : (R) RESULT.getAndSet(this, null);
    }

    private void discardResult() {
      R value = takeResult();
      if (value != null) {
        Operators.onDiscard(value, currentContext());
      }
    }

    @Override
    public Context currentContext() {
      return coordinator.currentContext();
    }

    @Override
    public @Nullable Object scanUnsafe(Attr attribute) {
      if (attribute == Attr.PARENT) {
        return upstream;
      }
      if (attribute == Attr.ACTUAL) {
        return coordinator;
      }
      if (attribute == Attr.PREFETCH) {
        return single ? Integer.MAX_VALUE : PREFETCH;
      }
      if (attribute == Attr.CANCELLED) {
        return upstream == Operators.cancelledSubscription();
      }
      if (attribute == Attr.TERMINATED) {
        return done;
      }
      return attribute == Attr.RUN_STYLE ? Attr.RunStyle.SYNC : null;
    }
  }
}
