/**
 * Channels: how one task hands elements to another with back-pressure, from any number of senders
 * to any number of receivers. Start at {@link dev.velox.reactor.channel.Channel}.
 *
 * <p>Behind it, in the order in which an element passes: {@code SendMono} and {@code SendAllMono},
 * the deciding {@code ChannelCore} with its immutable {@code ChannelState}, and {@code ReceiveMono}
 * and {@code ChannelFlux}.
 */
@NullMarked
package dev.velox.reactor.channel;

import org.jspecify.annotations.NullMarked;
