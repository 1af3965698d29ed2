"""Many postoffices at once: units found one by one, judged in processes or on a cluster, and put into tables."""
