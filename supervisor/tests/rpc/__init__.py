"""Tests of the RPC ring: methods, faults, deferred answers, registry."""
