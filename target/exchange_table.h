// ExchangeTable: the exchanges of one connection: a pool, and the way from initiator task tag to
// exchange. Allocates only when more run at once than ever before.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "target/exchange.h"

namespace tidemark::target {

class ExchangeTable {
 public:
  /// A fresh exchange under `itt`, which must not be in use.
  Exchange& open(uint32_t itt) {
    if (free_.empty()) {
      all_.push_back(std::make_unique<Exchange>());
      free_.reserve(all_.size());
      free_.push_back(all_.back().get());
    }
    Exchange& exchange = *free_.back();
    free_.pop_back();
    exchange.itt = itt;
    Exchange*& bucket = bucket_of(itt);
    exchange.hash_next = bucket;
    bucket = &exchange;
    return exchange;
  }

  Exchange* find(uint32_t itt) {
    Exchange* at = bucket_of(itt);
    while (at != nullptr && at->itt != itt) at = at->hash_next;
    return at;
  }

  /// Its tag is free again, though the exchange lives on until close().
  void forget_tag(Exchange& exchange) {
    Exchange** at = &bucket_of(exchange.itt);
    while (*at != nullptr && *at != &exchange) at = &(*at)->hash_next;
    if (*at != nullptr) *at = exchange.hash_next;
  }

  void close(Exchange& exchange) {
    forget_tag(exchange);
    exchange.reset();
    free_.push_back(&exchange);
  }

  size_t in_use() const { return all_.size() - free_.size(); }

  /// Calls visit(exchange) for all that are open; it may close the one it is given.
  template <class Visit>
  void for_each(Visit visit) {
    for (auto& exchange : all_)
      if (exchange->stage != Exchange::Stage::idle) visit(*exchange);
  }

 private:
  static constexpr size_t kBuckets = 256;
  Exchange*& bucket_of(uint32_t itt) { return buckets_[(itt ^ itt >> 8) % kBuckets]; }

  std::array<Exchange*, kBuckets> buckets_{};
  std::vector<std::unique_ptr<Exchange>> all_;
  std::vector<Exchange*> free_;
};

}  // namespace tidemark::target
