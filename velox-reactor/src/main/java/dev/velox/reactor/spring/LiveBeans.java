package dev.velox.reactor.spring;

import java.util.Map;
import java.util.TreeMap;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;

/** The constructs that are beans, as far as they were made: looking makes none. */
final class LiveBeans {

  private final ConfigurableListableBeanFactory factory;

  LiveBeans(ConfigurableListableBeanFactory factory) {
    this.factory = factory;
  }

  <C> Map<String, C> of(Class<C> type) {
    Map<String, C> found = new TreeMap<>();
    for (String name : factory.getBeanNamesForType(type, false, false)) {
      if (factory.containsSingleton(name)) {
        found.put(name, factory.getBean(name, type));
      }
    }
    return found;
  }
}
