"""A small stand-in for the modules that Splunk SOAR gives to apps, as its documentation describes them."""
