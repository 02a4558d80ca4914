package dev.velox.reactor.spring;

import dev.velox.reactor.TooManyWaitersException;
import dev.velox.reactor.actor.MailboxFullException;
import dev.velox.reactor.channel.ChannelOverflowException;
import java.time.Duration;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;

/**
 * Tells a client to come again later when a construct had no room for its request: 503 with {@code
 * Retry-After}. It sets the header and leaves the rest of the answer to the application's own
 * handler of errors, before which it stands.
 */
final class OverloadHandler implements WebExceptionHandler, Ordered {

  private final String retryAfter;

  OverloadHandler(Duration retryAfter) {
    this.retryAfter = HandlerLimit.seconds(retryAfter);
  }

  /** Before the one of Boot, which is at -1. */
  @Override
  public int getOrder() {
    return -2;
  }

  @Override
  public Mono<Void> handle(ServerWebExchange exchange, Throwable failure) {
    Throwable error = Exceptions.unwrap(failure);
    if (!isOverload(error) || exchange.getResponse().isCommitted()) {
      return Mono.error(failure);
    }
    exchange.getResponse().getHeaders().set(HttpHeaders.RETRY_AFTER, retryAfter);
    return Mono.error(
        new ResponseStatusException(HttpStatus.SERVICE_UNAVAILABLE, error.getMessage(), error));
  }

  private static boolean isOverload(Throwable error) {
    return error instanceof TooManyWaitersException
        || error instanceof ChannelOverflowException
        || error instanceof MailboxFullException;
  }
}
