class Order < ApplicationRecord
  has_many :lines

  def total
    lines.sum(:price)
  end
end
