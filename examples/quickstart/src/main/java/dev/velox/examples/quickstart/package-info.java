/** The specification's snippets, section by section, each a small class that runs. */
package dev.velox.examples.quickstart;
