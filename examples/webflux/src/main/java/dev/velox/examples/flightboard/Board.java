package dev.velox.examples.flightboard;

import dev.velox.reactor.channel.Channel;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Counts flights and shows them to its readers.
 *
 * <p>Its state has one owner: the subscription that {@link #receiveAll} makes to the channel. It
 * takes one entry at a time, and takes the next when it is done with that, so nothing here is
 * locked. The totals are an immutable record that the owner replaces and anyone may read. The
 * figures of the airports are kept by their {@linkplain Towers towers}, which the owner tells of
 * each flight.
 *
 * <p>When it is slow, because a reader is or because it is told to pause, it takes nothing, the
 * channel fills, and whoever sends waits.
 */
final class Board implements DisposableBean {

  private static final Logger log = LoggerFactory.getLogger(Board.class);
  private static final Duration GRACE = Duration.ofSeconds(10);

  private final Channel<Entry> entries;
  private final int viewCapacity;
  private final Duration patience;
  private final Towers towers;

  // Written by the owner alone.
  private volatile Totals totals = Totals.NONE;
  private volatile @Nullable LocalDateTime time;

  private final Set<View> views = ConcurrentHashMap.newKeySet();
  private final Sinks.Empty<Void> closed = Sinks.empty();
  private volatile boolean closing;
  private volatile Duration pause = Duration.ZERO;
  private final Consumer<Flight> counted;
  private final Disposable owner;
  private final Sinks.Empty<Void> allCounted = Sinks.empty();

  /**
   * @param towers are told of each flight before it is counted
   * @param counted is told of each flight as it is counted, and must return at once
   */
  Board(
      int capacity, int viewCapacity, Duration patience, Towers towers, Consumer<Flight> counted) {
    this.towers = towers;
    this.counted = counted;
    this.entries = Channel.<Entry>builder().capacity(capacity).name("flights").build();
    this.viewCapacity = viewCapacity;
    this.patience = patience;
    this.owner = receiveAll();
  }

  // -------------------------------------------------------------------- what senders may do

  /** Sends flights of the replay, no faster than the board takes them. */
  Mono<Long> replay(Flux<Flight> flights) {
    return send(flights, false);
  }

  /** Sends flights of a client, no faster than the board takes them. */
  Mono<Long> post(Flux<Flight> flights) {
    return send(flights, true);
  }

  private Mono<Long> send(Flux<Flight> flights, boolean posted) {
    return entries.sendAll(flights.map(flight -> new Entry.Movement(flight, posted)));
  }

  /** Completes when everything that was sent before is counted. */
  Mono<Void> settled() {
    return Mono.defer(
        () -> {
          Sinks.Empty<Void> reached = Sinks.empty();
          return entries.send(new Entry.Mark(reached)).then(reached.asMono());
        });
  }

  // ------------------------------------------------------------------- what its owner does

  private Disposable receiveAll() {
    // Prefetch 0: an entry that the board does not work on yet stays in the channel, where it
    // counts.
    return entries
        .asFlux()
        .concatMap(this::handle, 0)
        .subscribe(
            nothing -> {},
            failure -> {
              log.error("The board has failed", failure);
              entries.close(failure);
              allCounted.tryEmitEmpty();
            },
            allCounted::tryEmitEmpty);
  }

  private Mono<Void> handle(Entry entry) {
    if (entry instanceof Entry.Mark mark) {
      mark.reached().tryEmitEmpty();
      return Mono.empty();
    }
    Entry.Movement movement = (Entry.Movement) entry;
    Duration rest = pause;
    Mono<Void> shown = Mono.defer(() -> countAndShow(movement));
    return rest.isZero()
        ? shown
        : Mono.firstWithSignal(Mono.delay(rest).then(), onClose()).then(shown);
  }

  private Mono<Void> countAndShow(Entry.Movement movement) {
    Flight flight = movement.flight();
    return towers
        .tell(flight, movement.posted())
        .then(Mono.defer(() -> addAndShow(flight, movement.posted())));
  }

  private Mono<Void> addAndShow(Flight flight, boolean posted) {
    totals = totals.with(flight, posted);
    time = flight.scheduled();
    counted.accept(flight);
    return show(flight);
  }

  /** Waits for all views that have no room at once, so that their patience runs side by side. */
  private Mono<Void> show(Flight flight) {
    List<Mono<Void>> waiting = new ArrayList<>(0);
    for (View view : views) {
      if (!view.tryShow(flight)) {
        waiting.add(view.show(flight));
      }
    }
    return waiting.isEmpty() ? Mono.empty() : Mono.when(waiting);
  }

  // ------------------------------------------------------------------ what anyone may read

  Totals totals() {
    return totals;
  }

  /** The scheduled time of the latest flight; {@code null} before the first. */
  @Nullable LocalDateTime time() {
    return time;
  }

  /** How full the channel is, and who waits. */
  Fill fill() {
    return new Fill(entries.size(), entries.capacity(), entries.waitingSenders());
  }

  /**
   * The state of the channel at an instant.
   *
   * @param size how many entries it holds
   * @param capacity how many it can hold
   * @param waitingSenders how many flights wait for room
   */
  record Fill(int size, int capacity, int waitingSenders) {}

  /** A view of its own for each subscriber, from now on. */
  Flux<Flight> flights() {
    return Flux.using(this::open, View::flights, this::leave);
  }

  private View open() {
    View view = new View(viewCapacity, patience);
    views.add(view);
    // Looked at after the view can be seen: either closeViews meets it, or this does.
    if (closing) {
      view.end();
    }
    return view;
  }

  private void leave(View view) {
    views.remove(view);
    view.leave();
  }

  int openViews() {
    return (int) views.stream().filter(View::isOpen).count();
  }

  // --------------------------------------------------------------------------- its controls

  Duration pause() {
    return pause;
  }

  /** Makes the board slow: how long it rests before each flight. */
  void pause(Duration rest) {
    this.pause = rest;
  }

  /** Completes once the readers are to go. */
  Mono<Void> onClose() {
    return closed.asMono();
  }

  /** Lets the readers go, and rests no more, so that what was accepted is counted. */
  void closeViews() {
    closing = true;
    pause = Duration.ZERO;
    closed.tryEmitEmpty();
    views.forEach(View::end);
  }

  /** Counts what was accepted, and ends; what takes too long for that is lost, and said so. */
  @Override
  public void destroy() {
    closeViews();
    entries.close();
    try {
      allCounted.asMono().block(GRACE);
    } catch (IllegalStateException late) {
      log.warn("{} flights could not be counted before the end", entries.size(), late);
      owner.dispose();
    }
  }
}
