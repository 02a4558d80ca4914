package dev.velox.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.velox.reactor.actor.Reply;
import dev.velox.reactor.channel.Channel;
import dev.velox.reactor.retry.RetryPolicy;
import dev.velox.reactor.spring.ChannelRegistry;
import dev.velox.reactor.spring.Registry;
import dev.velox.reactor.spring.Workers;
import dev.velox.reactor.sync.Semaphore;
import dev.velox.reactor.worker.WorkerPool;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.reactivestreams.Publisher;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What the snippets of the README and the guide take for granted: each of them becomes a subclass.
 */
public abstract class SnippetSurroundings {

  private final Disposable.Composite subscriptions = Disposables.composite();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

  protected final Order order = new Order("order-1");
  protected final Flux<Order> source = Flux.just(order, new Order("order-2"));
  protected final Flux<Order> flux = source;
  protected final List<Order> items = List.of(order);
  protected final Mono<String> mono = Mono.just("done");
  protected final Mono<String> call = Mono.just("called");
  protected final Price price = new Price(1);
  protected final Channel<String> urgent = Channel.bounded(1);
  protected final Channel<String> ordinary = Channel.bounded(1);
  protected final Channel<Order> orders = Channel.bounded(1);
  protected final Channel<Return> returns = Channel.bounded(1);
  protected final Channel<String> log = Channel.bounded(1);
  protected final Account account = new Account("A-1");
  protected final Bank bank = new Bank();
  protected final Job job = new Job();
  protected final Flux<String> airports = Flux.just("SFO", "JFK");
  protected final String airport = "SFO";
  protected final Flight flight = new Flight("SFO", true);
  protected final List<Flight> flights = List.of(flight, new Flight("JFK", false));
  protected final List<Flight> list = flights;
  protected final String url = "/data";
  protected final String uri = "/weather";
  protected final String sql = "select 1";
  protected final Http http = new Http();
  protected final Pool pool = new Pool();
  protected final CircuitBreaker breaker = CircuitBreaker.ofDefaults("snippet");
  protected final WebClient webClient =
      WebClient.builder().exchangeFunction(request -> Mono.never()).build();
  protected final ChannelRegistry channels =
      ChannelRegistry.of(Map.of("orders", Channel.bounded(1)));
  protected final Registry<Semaphore> semaphores =
      Registry.of("semaphore", Map.of("search", Semaphore.of(16)));
  protected final Registry<RetryPolicy> policies =
      Registry.of("retry policy", Map.of("stock", RetryPolicy.builder().build()));
  protected final Workers workers =
      new Workers(WorkerPool.of((called, signal) -> called.run(signal)));
  protected final Mono<Receipt> transfer = Mono.just(new Receipt());
  protected final Flux<Row> query = Flux.just(new Row());
  protected final Flux<Event> events = Flux.just(new Event("A-1"));
  protected final Store store = new Store();
  protected final MeterRegistry registry = new SimpleMeterRegistry();
  protected final Path path = file();
  protected final Flux<Path> paths = Flux.just(path, path);

  /** The snippet itself. */
  protected void run() throws Exception {}

  /** Runs the snippet, and what it made. A publisher may go on to wait, but not fail. */
  public final void check() throws Exception {
    try {
      run();
      assertThat(failures).isEmpty();
    } finally {
      subscriptions.dispose();
    }
  }

  /** Whatever publisher a snippet makes in a statement of its own is subscribed to. */
  protected final void subscribe(Publisher<?> publisher) {
    subscriptions.add(Flux.from(publisher).subscribe(element -> {}, failures::add));
  }

  protected final Mono<Void> ship(Order shipped) {
    return Mono.empty();
  }

  protected final String handle(String message) {
    return message;
  }

  protected final Mono<Integer> handle(int count, Visits message) {
    return Mono.just(count + 1);
  }

  protected final Mono<Weather> forecast(Object where) {
    return Mono.just(new Weather("sunny"));
  }

  protected final Mono<String> call(Order called) {
    return Mono.just(called.id());
  }

  protected final String analyse(Flight analysed) {
    return analysed.airport();
  }

  protected final Mono<Void> land(Flight landing) {
    return Mono.empty();
  }

  protected final Mono<String> fetchData(Object from) {
    return Mono.just("data");
  }

  protected final Mono<Page> firstPage() {
    return Mono.just(new Page(1));
  }

  protected final Image shrink(Path original) {
    return new Image();
  }

  protected final Image shrink(byte[] original) {
    return new Image();
  }

  protected final Flux<Long> prices(long count) {
    return Flux.generate(
        () -> 0L,
        (next, sink) -> {
          if (next < count) {
            sink.next(next);
          } else {
            sink.complete();
          }
          return next + 1;
        });
  }

  protected final Flux<Long> failedPrices() {
    return Flux.error(new IllegalStateException("no prices"));
  }

  private static Path file() {
    try {
      Path file = Files.createTempFile("snippet", ".png");
      file.toFile().deleteOnExit();
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public sealed interface Visits {
    record Visit() implements Visits {}

    record HowMany(Reply<Integer> reply) implements Visits {}
  }

  public record Order(String id) {}

  public record Return(String id) {}

  public record Price(int cents) {}

  public record Account(String id) {}

  public record Job() {}

  public record Weather(String sky) {}

  public record Receipt() {}

  public record Row() {}

  public record Event(String account) {}

  public record Saved(Event event) {}

  public record Image() {}

  public record Data(String text) {}

  public record Flight(String airport, boolean isLate) {}

  public record Stats(int count) {
    public static final Stats NONE = new Stats(0);

    public Stats with(Flight flight) {
      return new Stats(count + 1);
    }

    public Stats plus(Stats other) {
      return new Stats(count + other.count);
    }
  }

  public record Page(int number) {
    public List<Order> orders() {
      return List.of(new Order("order-" + number));
    }

    public Mono<Page> next() {
      return number < 3 ? Mono.just(new Page(number + 1)) : Mono.empty();
    }
  }

  public record Bank() {
    public Mono<Account> refresh(String id) {
      return Mono.just(new Account(id));
    }

    public Mono<Account> find(String id) {
      return Mono.just(new Account(id));
    }
  }

  public record Response() {
    public Mono<Data> json() {
      return Mono.just(new Data("data"));
    }
  }

  public record Http() {
    public Mono<Response> get(String from) {
      return Mono.just(new Response());
    }
  }

  public record Connection() {
    public Mono<String> query(String sql) {
      return Mono.just("row");
    }

    public Mono<Void> release() {
      return Mono.empty();
    }
  }

  public record Pool() {
    public Mono<Connection> acquire() {
      return Mono.just(new Connection());
    }
  }

  public record Store() {
    public Mono<Saved> save(Event event) {
      return Mono.just(new Saved(event));
    }
  }

  @SuppressWarnings("serial")
  public static class Throttled extends RuntimeException {}

  public static final class Counter {
    private final AtomicInteger value = new AtomicInteger();

    public Mono<Void> increment() {
      return Mono.fromRunnable(value::incrementAndGet);
    }

    public int value() {
      return value.get();
    }
  }
}
