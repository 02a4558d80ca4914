package dev.velox.examples.flightboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import reactor.core.publisher.Flux;

class LineTest {

  private static Flux<DataBuffer> body(String text, int size) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return Flux.range(0, (bytes.length + size - 1) / size)
        .map(
            i ->
                DefaultDataBufferFactory.sharedInstance.wrap(
                    Arrays.copyOfRange(bytes, i * size, Math.min(bytes.length, (i + 1) * size))));
  }

  private static List<Line> lines(String text, int size) {
    return Line.of(body(text, size), 10).collectList().block();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 1000})
  void lines_are_whole_and_numbered_wherever_the_buffers_end(int size) {
    assertThat(lines("a\n\nZürich\r\n€€€\nlast", size))
        .containsExactly(
            new Line(1, "a", false),
            new Line(2, "", false),
            new Line(3, "Zürich", false),
            new Line(4, "€€€", false),
            new Line(5, "last", false));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 1000})
  void a_line_too_long_is_the_last(int size) {
    assertThat(lines("0123456789\n0123456789x\nmore\n", size))
        .containsExactly(new Line(1, "0123456789", false), new Line(2, "0123456789", true));
  }

  @Test
  void an_empty_body_has_no_lines() {
    assertThat(lines("", 1)).isEmpty();
    assertThat(lines("\n", 1)).containsExactly(new Line(1, "", false));
  }

  @Test
  void no_more_is_read_than_lines_are_asked_for() {
    AtomicInteger read = new AtomicInteger();
    List<Line> two =
        Line.of(body("a\nb\nc\nd\ne\nf\n", 2).doOnNext(buffer -> read.incrementAndGet()), 10)
            .take(2)
            .collectList()
            .block();
    assertThat(two).hasSize(2);
    assertThat(read.get()).isLessThanOrEqualTo(3);
  }
}
