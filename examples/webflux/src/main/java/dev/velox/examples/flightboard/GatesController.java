package dev.velox.examples.flightboard;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/** Where the fleet stands. */
@RestController
final class GatesController {

  private final Gates gates;

  GatesController(Gates gates) {
    this.gates = gates;
  }

  @GetMapping("/gates")
  Mono<Gates.Status> gates() {
    return gates.status();
  }
}
