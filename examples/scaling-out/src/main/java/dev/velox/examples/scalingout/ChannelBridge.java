package dev.velox.examples.scalingout;

import io.rsocket.RSocket;
import io.rsocket.SocketAcceptor;
import io.rsocket.core.RSocketConnector;
import io.rsocket.core.RSocketServer;
import io.rsocket.transport.netty.client.TcpClientTransport;
import io.rsocket.transport.netty.server.CloseableChannel;
import io.rsocket.transport.netty.server.TcpServerTransport;
import io.rsocket.util.DefaultPayload;
import io.rsocket.util.EmptyPayload;
import java.time.Duration;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Hands the elements of one JVM to another, over RSocket.
 *
 * <p>Nothing here knows channels: a channel's {@code asFlux()} is a publisher, its {@code
 * asSubscriber()} a subscriber, and RSocket carries demand, elements, the end and cancellation
 * between the two, each as a frame of its own. What the receiver has room for is what the sender
 * takes out of its channel.
 *
 * <pre>
 *   JVM 1                                   |   JVM 2
 *   send --&gt; channel --&gt; asFlux() == elements =|=&gt; asSubscriber() --&gt; channel --&gt; receive
 *                                 &lt;= request(n), cancel =
 * </pre>
 */
final class ChannelBridge {

  private ChannelBridge() {}

  /**
   * Offers elements to whoever connects; every request is a subscription of its own, so that the
   * requests for a channel's elements compete for them, as its subscribers do.
   *
   * @param port where to listen on this machine; 0 for any free port
   * @param elements what to hand over
   * @param encode an element as text
   * @return the server, when it listens
   */
  static <T> Mono<CloseableChannel> offer(
      int port, Publisher<T> elements, Function<T, String> encode) {
    SocketAcceptor acceptor =
        SocketAcceptor.forRequestStream(
            request -> Flux.from(elements).map(encode).map(DefaultPayload::create));
    return RSocketServer.create(acceptor).bind(TcpServerTransport.create("localhost", port));
  }

  /**
   * Connects to an offer.
   *
   * @param port where it listens on this machine
   * @return the connection
   */
  static Mono<RSocket> connect(int port) {
    return RSocketConnector.create()
        // A peer that vanished without a word is noticed after this time.
        .keepAlive(Duration.ofSeconds(5), Duration.ofSeconds(15))
        .connect(TcpClientTransport.create("localhost", port));
  }

  /**
   * The elements offered at the other end. Each request of its subscriber, and its cancellation,
   * goes there as it is: nothing is fetched ahead.
   *
   * @param connection a connection to an offer
   * @param decode an element from its text
   * @return the elements; fails if the offer fails, or the connection is lost
   */
  static <T> Flux<T> receive(RSocket connection, Function<String, T> decode) {
    return connection
        .requestStream(EmptyPayload.INSTANCE)
        .map(payload -> decode.apply(payload.getDataUtf8()));
  }
}
