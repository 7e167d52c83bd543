#pragma once

#include <map>
#include <memory>
#include <string>
#include <typeindex>
#include <utility>

namespace assay {

/// What several probes of one run share because it is dear to make: a test file, for instance. The
/// first one puts it here, the others find it; it lives as long as one of them holds it. For one
/// thread.
class Shelf {
  public:
    /// What was put there under that key and type, or nullptr if nothing was or nobody holds it any
    /// more.
    template <class Thing>
    std::shared_ptr<Thing> find(const std::string& key) const {
        const auto found = things_.find({std::type_index(typeid(Thing)), key});
        return found == things_.end() ? nullptr
                                      : std::static_pointer_cast<Thing>(found->second.lock());
    }
    template <class Thing>
    void put(const std::string& key, const std::shared_ptr<Thing>& thing) {
        things_[{std::type_index(typeid(Thing)), key}] =
            std::const_pointer_cast<std::remove_const_t<Thing>>(thing);
    }

  private:
    std::map<std::pair<std::type_index, std::string>, std::weak_ptr<void>> things_;
};

}  // namespace assay
