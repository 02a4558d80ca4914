package dev.velox.examples.flightboard;

import dev.velox.reactor.sync.Mutex;
import dev.velox.reactor.worker.Worker;
import dev.velox.reactor.worker.WorkerOptions;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.json.JsonMapper;

/**
 * Predicts how late flights will come. A script computes it, {@code worker.js}, on a thread of its
 * own: neither an event loop nor a tower waits for it.
 *
 * <p>It is asked by one at a time, since what a worker gives is its next result, not the answer to
 * a message. Whoever asks may leave before the answer has come; so questions have numbers, and
 * answers to older ones are passed over.
 *
 * <p>It also keeps the score: each flight is compared with what was predicted before it came.
 */
final class Forecast implements DisposableBean {

  private static final Logger log = LoggerFactory.getLogger(Forecast.class);
  private static final Duration REFRESH = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Towers towers;
  private final Worker<Object, Object> worker =
      Worker.script("worker.js", WorkerOptions.named("forecast"));
  private final Mutex turn = Mutex.create();
  private final Disposable asking;
  private volatile @Nullable Prediction latest;

  // Written by whoever has the turn.
  private long questions;

  // Written by the board's owner.
  private volatile Prediction.Score score = Prediction.Score.NONE;

  Forecast(Towers towers) {
    this.towers = towers;
    this.asking =
        Disposables.composite(
            worker.errors().subscribe(error -> log.error("worker.js has failed: {}", error)),
            Flux.interval(REFRESH)
                .onBackpressureDrop()
                .concatMap(tick -> prediction().onErrorComplete(), 0)
                .subscribe());
  }

  /** What is to be expected now; fails if the script gives no answer. */
  Mono<Prediction> prediction() {
    return turn.withLock(Mono.defer(this::ask))
        .publishOn(Schedulers.parallel()); // the worker's thread is the worker's
  }

  private Mono<Prediction> ask() {
    LocalDateTime time = towers.time();
    LocalDate day = time == null ? null : time.toLocalDate();
    Question question = Question.of(++questions, day, towers.all());
    return worker
        .postMessage(question)
        .thenMany(worker.results())
        .map(result -> JSON.convertValue(result, Prediction.Answer.class))
        .filter(answer -> answer.id() == question.id())
        .next()
        .switchIfEmpty(Mono.error(() -> new IllegalStateException("The worker has ended.")))
        .timeout(PATIENCE)
        .map(answer -> Prediction.of(day, question, answer, score))
        .doOnNext(prediction -> latest = prediction);
  }

  /** Compares a flight with what was predicted; for one caller at a time, and returns at once. */
  void flown(Flight flight) {
    Prediction predicted = latest;
    if (predicted != null && flight.scheduled().toLocalDate().equals(predicted.day())) {
      score =
          score.with(
              flight.arrivalDelayMinutes(), predicted.expected(flight), predicted.usualMinutes());
    }
  }

  @Override
  public void destroy() {
    asking.dispose();
    worker
        .terminate()
        .onErrorResume(
            abandoned -> {
              log.warn("The worker has not ended", abandoned);
              return Mono.empty();
            })
        .block(PATIENCE);
  }
}
