package dev.velox.examples.flightboard;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A line of a request.
 *
 * @param number which line it is; the first is 1
 * @param text what it says, without its end; if it is too long, its beginning
 * @param tooLong whether it is longer than allowed; nothing is read after such a line
 */
record Line(long number, String text, boolean tooLong) {

  /**
   * Cuts a body into lines. Each buffer is copied and given back before its lines are looked at, so
   * that stopping at any line leaves nothing to give back; and one is asked for at a time.
   */
  static Flux<Line> of(Flux<DataBuffer> body, int longest) {
    return Flux.defer(
        () -> {
          Splitter splitter = new Splitter(longest);
          return body.map(Line::copy)
              .doOnDiscard(DataBuffer.class, DataBufferUtils::release)
              .concatMapIterable(splitter::split, 1)
              .concatWith(Mono.fromSupplier(splitter::rest).flatMapIterable(rest -> rest));
        });
  }

  private static byte[] copy(DataBuffer buffer) {
    try {
      byte[] bytes = new byte[buffer.readableByteCount()];
      buffer.read(bytes);
      return bytes;
    } finally {
      DataBufferUtils.release(buffer);
    }
  }

  /** Keeps what came of the current line; for one subscription. */
  private static final class Splitter {

    private final int longest;
    private final ByteArrayOutputStream current = new ByteArrayOutputStream();
    private long number = 1;
    private boolean overrun;

    Splitter(int longest) {
      this.longest = longest;
    }

    List<Line> split(byte[] bytes) {
      List<Line> lines = new ArrayList<>();
      int from = 0;
      while (from < bytes.length && !overrun) {
        int end = from;
        while (end < bytes.length && bytes[end] != '\n') {
          end++;
        }
        overrun = current.size() + end - from > longest;
        current.write(bytes, from, overrun ? longest - current.size() : end - from);
        if (overrun || end < bytes.length) {
          lines.add(take(overrun));
        }
        from = end + 1;
      }
      return lines;
    }

    /** A last line need not be ended. */
    List<Line> rest() {
      return current.size() == 0 || overrun ? List.of() : List.of(take(false));
    }

    private Line take(boolean tooLong) {
      String text = current.toString(StandardCharsets.UTF_8);
      current.reset();
      return new Line(
          number++, text.endsWith("\r") ? text.substring(0, text.length() - 1) : text, tooLong);
    }
  }
}
